import { CliFailure } from '../support/failure.ts';

type Counts = Readonly<Record<string, number>>;
interface Line {
  readonly type: string;
  readonly counts?: Counts;
}

const AGAIN = 'run the same command again';

/** Counts the rows of an export as they come, and holds them against its last line. */
export class ExportReader {
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #rest = '';
  #counts: Record<string, number> = {};
  #begun = false;
  #end: Counts | undefined;
  /** Rows so far. */
  rows = 0;

  take(chunk: Uint8Array): void {
    // By the newline alone: others that Unicode has may stand within a row.
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch (cause) {
      throw new CliFailure(`Line ${this.rows + 2} of the export is not JSON; ${AGAIN}.`, { cause });
    }
    if (!this.#begun && line.type !== 'export') {
      throw new CliFailure('The API answered with something that is no export: is TWINLOOP_URL right?');
    }
    if (this.#end !== undefined) throw new CliFailure(`The export goes on after its last line; ${AGAIN}.`);
    if (line.type === 'end') this.#end = line.counts ?? {};
    else if (this.#begun) {
      this.rows += 1;
      this.#counts[line.type] = (this.#counts[line.type] ?? 0) + 1;
    }
    this.#begun = true;
  }

  /** The rows by type. Throws CliFailure when the export ended early, or has not the rows that it says it has. */
  end(): Counts {
    if (this.#end === undefined || this.#rest !== '') {
      throw new CliFailure(`The export ended after ${this.rows} rows, without its last line; ${AGAIN}.`);
    }
    for (const type of new Set([...Object.keys(this.#end), ...Object.keys(this.#counts)])) {
      const [said, came] = [this.#end[type] ?? 0, this.#counts[type] ?? 0];
      if (said !== came) {
        throw new CliFailure(`The export says ${said} rows of type ${type}, and ${came} came; ${AGAIN}.`);
      }
    }
    return this.#end;
  }
}
