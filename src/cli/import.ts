import type { Command } from 'commander';
import { createApiClient, type ApiClient, type JobDetail } from './api-client.ts';
import { parseImport } from './import/rows.ts';
import { sendRows, type Sent } from './import/send.ts';
import { CliFailure } from './support/failure.ts';
import { InputFailure, readText, usableRows } from './support/files.ts';
import { forceRun } from './support/forced-run.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { createProgress } from './support/progress.ts';
import { listWithheld } from './support/withheld.ts';

/** Bad lines in the result; their number is always there. */
const MAX_LISTED = 1_000;

const seconds = (since: number): number => Math.round(performance.now() - since) / 1_000;
const perSecond = (rows: number, took: number): number => Math.round(rows / Math.max(took, 0.001));

function runSummary(job: JobDetail) {
  const { run } = job;
  return {
    job_id: job.id,
    status: job.status,
    publish_decision: run?.publish_decision ?? null,
    reason: run?.reason ?? null,
    candidate_version: run?.candidate_version ?? null,
    verdict: run?.verdict ?? null,
    summary: run?.summary ?? [],
    suppressed: listWithheld(run?.suppressed ?? []),
    error_message: job.error_message,
  };
}

async function send(
  io: VerbContext,
  api: ApiClient,
  rows: Parameters<typeof sendRows>[1],
): Promise<Sent & { seconds: number }> {
  const view = createProgress(io);
  const start = performance.now();
  try {
    const sent = await sendRows(api, rows, {
      progress: ({ rows: done, inserted, duplicate, not_counted, refused }) => {
        const rate = perSecond(done, seconds(start));
        const figures = `${inserted} inserted, ${duplicate} duplicate, ${not_counted} not counted, ${refused.length} refused`;
        view.show('import', `${done} of ${rows.length} rows: ${figures}; ${rate} rows/s`);
      },
      retrying: (why) => view.line(`trying again: ${why}`),
    });
    return { ...sent, seconds: seconds(start) };
  } catch (error) {
    view.close();
    say(io, 'What was sent is stored. Run the same command again: rows that are there already change nothing.');
    throw error;
  } finally {
    view.close();
  }
}

async function importFile(io: VerbContext, file: string, twinId: string, run: boolean): Promise<void> {
  const api = createApiClient(io.config());
  const parsed = parseImport(await readText(file), twinId);
  const rows = usableRows(io, file, parsed);
  if (rows.length === 0) throw new InputFailure(`${file} has no rows.`);
  // A mistyped twin is one message, not one for each row.
  await api.twin(twinId);
  const sent = await send(io, api, rows);
  for (const { line, detail } of sent.refused.slice(0, 10)) say(io, `line ${line}: ${detail}`);
  const bad = [...parsed.problems, ...sent.refused].toSorted((a, b) => a.line - b.line);
  const stored = sent.inserted + sent.duplicate;
  const summary = {
    twin_id: twinId,
    rows: rows.length + parsed.problems.length,
    inserted: sent.inserted,
    duplicate: sent.duplicate,
    not_counted: sent.not_counted,
    bad: bad.length,
    bad_lines: bad.slice(0, MAX_LISTED),
    shortened: rows.filter((row) => row.shortened).length,
    seconds: sent.seconds,
    rows_per_second: perSecond(sent.rows, sent.seconds),
  };
  if (stored === 0 || !run) {
    printJson(io, summary);
    if (stored === 0) throw new CliFailure('No row could be imported.');
    return;
  }
  // What was imported is told whatever becomes of the run.
  const job = await forceRun(api, twinId, `import of ${stored} rows`, (line) => say(io, line)).catch(
    (error: unknown) => {
      printJson(io, { ...summary, run: null });
      throw error;
    },
  );
  printJson(io, { ...summary, run: runSummary(job) });
  if (job.status !== 'complete') throw new CliFailure(`The run has not succeeded: ${job.error_message ?? job.status}.`);
}

export function addImport(program: Command, io: VerbContext): void {
  program
    .command('import')
    .description('Import rated answers into a twin; safe to repeat')
    .argument(
      '<file>',
      'one JSON object a line: event_id, trace_id, rater_id, score, intent_label, module_ids, query, answer, comment, occurred_at',
    )
    .requiredOption('--twin <id>', 'the twin that all rows go to; a `twin` column is ignored')
    .option('--run', 'then request a learning run, and wait for its end')
    .addHelpText(
      'after',
      `
Bad lines are listed by number and the others are imported; it fails only when no row could be.
Longer texts are cut (query and answer to 20,000 characters, comment to 500). Rows count as the context owner_training.
The twin is woken once, after the last row.`,
    )
    .action((file: string, { twin, run }: { readonly twin: string; readonly run?: true }) =>
      importFile(io, file, twin, run === true),
    );
}
