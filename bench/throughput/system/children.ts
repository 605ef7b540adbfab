import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPid } from '../../../src/dev/processes.ts';
import type { Launch } from '../../../src/dev/run-as.ts';
import { runCommand } from '../../../src/dev/run-command.ts';
import { SupervisedProcess } from '../../../src/dev/supervised-process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STOP_TIMEOUT_MS = 20_000;

/** A server under measurement; it is started again when it is killed, as a process manager would. */
export interface Child {
  readonly process: SupervisedProcess;
  pid(): Promise<number>;
  /** Resident memory in MB. */
  residentMemory(): Promise<number>;
  stop(): Promise<void>;
}

/** Every process of a run, in a temporary folder with their logs and data. */
export class Children {
  readonly folder = mkdtempSync(join(tmpdir(), 'twinloop-bench-'));
  readonly #report: (line: string) => void;
  readonly #running = new Set<Child>();
  #started = 0;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  start(
    name: string,
    launch: Launch & { readonly env?: NodeJS.ProcessEnv },
    stopSignal: NodeJS.Signals = 'SIGTERM',
  ): Child {
    this.#started += 1;
    const file = join(this.folder, `${this.#started}-${name}`);
    const spec = { name, launch: { cwd: ROOT, ...launch }, stopSignal, stopTimeoutMs: STOP_TIMEOUT_MS };
    const process = new SupervisedProcess({ ...spec, logFile: `${file}.log`, pidFile: `${file}.pid` }, this.#report);
    process.start();
    const child: Child = {
      process,
      async pid() {
        const pid = await readPid(process.spec.pidFile);
        if (pid === undefined) throw new Error(`${name} does not run: ${await process.logTail(5)}`);
        return pid;
      },
      async residentMemory() {
        const { output } = await runCommand('ps', ['-o', 'rss=', '-p', String(await child.pid())], {
          timeoutMs: 10_000,
        });
        return Number(output.trim()) / 1_024;
      },
      stop: async () => {
        await process.stop();
        this.#running.delete(child);
      },
    };
    this.#running.add(child);
    return child;
  }

  /** Ends them all at once and deletes the folder: nothing in it is of use to anybody. */
  end(): void {
    for (const { process } of this.#running) process.kill();
    this.#running.clear();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
