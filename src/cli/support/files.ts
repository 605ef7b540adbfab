import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { Parsed } from '../../learning/ledger-file.ts';
import { canonicalJson } from '../../persona/hash.ts';
import { CliFailure } from './failure.ts';
import { say, type CliIo } from './io.ts';

const SHOWN = 10;

/** A file that cannot be used. */
export class InputFailure extends CliFailure {
  override name = 'InputFailure';
}

const listed = (lines: readonly string[]): string =>
  [...lines.slice(0, SHOWN), ...(lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [])]
    .map((line) => `  ${line}`)
    .join('\n');

/** The text of a UTF-8 file. Throws InputFailure. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE'
          ? 'it is too large; split it'
          : cause instanceof Error
            ? cause.message
            : String(cause);
    throw new InputFailure(`Cannot read ${path}: ${reason}.`, { cause });
  }
}

/** A JSON file that fits `schema`. Throws InputFailure with every place that does not. */
export async function readJson<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
    // Half of a surrogate pair can be written in JSON, but neither hashed nor stored.
    canonicalJson(value);
  } catch (cause) {
    throw new InputFailure(`${path} is not JSON that can be used: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
  throw new InputFailure(`${path} is not what it should be:\n${listed(issues)}`);
}

/** One line for each of the first problems of a JSONL file. */
export const describeProblems = (path: string, { problems }: Pick<Parsed<unknown>, 'problems'>): string =>
  `${path}: ${problems.length} bad ${problems.length === 1 ? 'line' : 'lines'}\n${listed(problems.map(({ line, detail }) => `line ${line}: ${detail}`))}`;

/** The usable rows of a JSONL file; says which lines are bad. Throws InputFailure when there are only bad ones. */
export function usableRows<T>(io: CliIo, path: string, parsed: Parsed<T>): readonly T[] {
  if (parsed.problems.length === 0) return parsed.rows;
  if (parsed.rows.length === 0) throw new InputFailure(describeProblems(path, parsed));
  say(io, `${describeProblems(path, parsed)}\nThe other ${parsed.rows.length} rows are used.`);
  return parsed.rows;
}
