import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { createApiClient } from './api-client.ts';
import { ExportReader } from './export/reader.ts';
import { CliFailure, messageOf } from './support/failure.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { createProgress } from './support/progress.ts';

interface ExportOptions {
  readonly twin?: string;
  readonly rater?: string;
  readonly out?: string;
}

type Sink = (chunk: Uint8Array) => unknown;

/** Takes the export through to a sink; its counts when it is whole. Throws CliFailure when it is not. */
async function takeExport(io: VerbContext, { twin, rater }: ExportOptions, sink: Sink) {
  const api = createApiClient(io.config());
  const reader = new ExportReader();
  const view = createProgress(io);
  try {
    return await api.readExport({ twin, rater }, async (body) => {
      const chunks = body[Symbol.asyncIterator]();
      for (;;) {
        const next = await chunks.next().catch((cause: unknown) => {
          throw new CliFailure(`The export broke off after ${reader.rows} rows; run the same command again.`, {
            cause,
          });
        });
        if (next.done === true) return reader.end();
        reader.take(next.value);
        await sink(next.value);
        view.show('export', `${reader.rows} rows`);
      }
    });
  } finally {
    view.close();
  }
}

/** To a file beside it first: a file of the name that was asked for is whole. For its owner's eyes only. */
async function exportToFile(io: VerbContext, options: ExportOptions, file: string) {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o600).catch((cause: unknown) => {
    throw new CliFailure(`Cannot write ${part}: ${messageOf(cause)}.`, { cause });
  });
  try {
    const counts = await takeExport(io, options, (chunk) => handle.writeFile(chunk));
    await handle.close();
    await rename(part, file);
    return counts;
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
}

async function exportRows(io: VerbContext, options: ExportOptions): Promise<void> {
  const { twin, rater, out } = options;
  if (out === undefined) {
    const decoder = new TextDecoder();
    const counts = await takeExport(io, options, (chunk) => io.out(decoder.decode(chunk, { stream: true })));
    say(io, `The export is whole: ${JSON.stringify(counts)}`);
    return;
  }
  const counts = await exportToFile(io, options, out);
  printJson(io, { twin_id: twin ?? null, rater_id: rater ?? null, file: out, counts });
}

export function addExport(program: Command, io: VerbContext): void {
  program
    .command('export')
    .description('Write all that is stored of a twin or of a rater as JSON lines')
    .option('--twin <id>', 'of this twin')
    .option('--rater <id>', 'of this rater: in all twins, or with --twin in that one')
    .option('--out <file>', 'into this file, which is there once the export is whole; else to stdout')
    .addHelpText(
      'after',
      `
The last line counts the others by type. The command fails when it is missing or does not agree.
It holds what people wrote: keep it as you keep the database. The key has to be an owner's.`,
    )
    .action((options: ExportOptions, command: Command) => {
      if (options.twin === undefined && options.rater === undefined) {
        command.error("error: name what to export: '--twin <id>', '--rater <id>', or both");
      }
      return exportRows(io, options);
    });
}
