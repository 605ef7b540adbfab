import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { createApiClient, type ApiClient, type JobDetail, type Learning } from './api-client.ts';
import { createAudience } from './demo/audience.ts';
import { chat, shareUp, type Tally } from './demo/chats.ts';
import { readHistory, simulateHistory } from './demo/history.ts';
import { changedPrompts, compilePrompts, type ChangedPrompt } from './demo/prompts.ts';
import { sideBySide } from './demo/side-by-side.ts';
import { watchJob } from './demo/watch-job.ts';
import { sendRows, type Sent } from './import/send.ts';
import { wholeNumber } from './support/arguments.ts';
import { CliFailure } from './support/failure.ts';
import { gateTable } from './support/gate-table.ts';
import { printJson, type VerbContext } from './support/io.ts';
import { createProgress, type Progress } from './support/progress.ts';
import { listWithheld, showWithheld } from './support/withheld.ts';

/** Prompts shown in full; the others are named. */
const SHOWN_PROMPTS = 2;

interface DemoOptions {
  readonly data?: string;
  readonly seed: number;
  readonly votes: number;
  readonly autoPublish?: true;
}

type Outcome = 'published' | 'approved' | 'refused' | 'no_candidate';

/** Publishes what the run has held, as an owner would who has read the gate's report. */
async function decide(api: ApiClient, twinId: string, job: JobDetail, view: Progress): Promise<Outcome> {
  const run = job.run;
  if (job.status !== 'complete' || run === null) {
    throw new CliFailure(`Job ${job.id} ended as ${job.status}: ${job.error_message ?? 'see its logs'}`);
  }
  const { publish_decision: decision, candidate_version: version, reason } = run;
  if (decision !== 'held' || version === null) {
    view.line(
      `${decision ?? 'no decision'}${version === null ? '' : ` ${version}`}${reason === null ? '' : `: ${reason}`}`,
    );
    return decision === 'published' || decision === 'refused' ? decision : 'no_candidate';
  }
  const open = run.gate_report?.checks.filter(({ status }) => status === 'inconclusive').map(({ name }) => name) ?? [];
  await api.approve(twinId, version, {
    reason: 'approved by twinloop demo',
    ...(open.length === 0 ? {} : { acknowledge: open }),
  });
  const spite = open.length === 0 ? '' : ` in spite of ${open.join(', ')}`;
  view.line(`approved ${version}${spite}: it is live now`);
  return 'approved';
}

/** Imports the past, and sets the threshold so that the last vote of the audience makes the twin due. */
async function importPast(
  api: ApiClient,
  rows: Parameters<typeof sendRows>[1],
  twinId: string,
  votes: number,
  view: Progress,
): Promise<Sent> {
  const sent = await sendRows(api, rows, {
    progress: (now) => view.show('history', `history: ${now.rows} of ${rows.length} rated answers`),
    retrying: (why) => view.line(`trying again: ${why}`),
  });
  const { pending_events, required_events }: Learning = await api.learning(twinId);
  if (pending_events + votes !== required_events) await api.patchPolicy(twinId, { min_events: pending_events + votes });
  return sent;
}

function showChanges(io: VerbContext, view: Progress, changes: readonly ChangedPrompt[]): void {
  for (const { intent_label, before, after } of changes.slice(0, SHOWN_PROMPTS)) {
    const title = (version: string): string => `prompt for ${intent_label}, ${version}`;
    const left = { title: title(before.spec_version), text: before.prompt };
    view.line(`\n${sideBySide(io, left, { title: title(after.spec_version), text: after.prompt })}`);
  }
  const others = changes.slice(SHOWN_PROMPTS).map((change) => change.intent_label);
  if (others.length > 0) view.line(`\nalso changed: ${others.join(', ')}`);
  if (changes.length === 0) view.line('\nno prompt has changed');
}

function summary(job: JobDetail, changes: readonly ChangedPrompt[]) {
  const { run } = job;
  const [first] = changes;
  return {
    job: {
      id: job.id,
      status: job.status,
      publish_decision: run?.publish_decision ?? null,
      reason: run?.reason ?? null,
    },
    gate: run?.gate_report
      ? {
          verdict: run.gate_report.verdict,
          checks: run.gate_report.checks.map(({ name, status }) => ({ name, status })),
        }
      : null,
    changes: run?.summary ?? [],
    suppressed: listWithheld(run?.suppressed ?? []),
    changed_prompts: changes.map((change) => change.intent_label),
    prompt: first ? { intent_label: first.intent_label, before: first.before.prompt, after: first.after.prompt } : null,
  };
}

const counts = ({ up, down }: Tally): Pick<Tally, 'up' | 'down'> => ({ up, down });

async function demo(io: VerbContext, { data, seed, votes, autoPublish }: DemoOptions, view: Progress): Promise<void> {
  const api = createApiClient(io.config());
  const twinId = `demo-${randomBytes(4).toString('hex')}`;
  const { spec, rows } =
    data === undefined
      ? simulateHistory(createAudience(seed), twinId, Date.now())
      : await readHistory(io, data, twinId);
  // No draft on trial: prompts before and after shall differ by what was published alone.
  const policy = { min_events: rows.length + votes, auto_publish: autoPublish === true, trial_share: 0 };
  await api.createTwin({ id: twinId, name: 'Demo', spec, policy });
  view.line(`made twin ${twinId} at ${api.url}`);

  const before = await compilePrompts(api, twinId);
  const past = await importPast(api, rows, twinId, votes, view);
  // The same people with the same questions each time, so that only the persona differs.
  const talk = (title: string): Promise<Tally> =>
    chat(io, api, createAudience(seed + 1), view, { twinId, count: votes, title });
  const first = await talk('votes');
  const job = await watchJob(io, api, twinId, view);
  const report = job.run?.gate_report;
  if (report) view.line(gateTable(io, report));
  for (const sentence of job.run?.summary ?? []) view.line(`  ${sentence}`);
  showWithheld(io, job.run?.suppressed ?? [], (line) => view.line(line));

  const outcome = await decide(api, twinId, job, view);
  const live = outcome === 'approved' || outcome === 'published';
  const second = live ? await talk('votes on the new version') : null;
  const changes = changedPrompts(before, await compilePrompts(api, twinId));
  view.close();
  if (second !== null)
    view.line(
      `thumbs up of the simulated audience, same people and questions: ${shareUp(first)} before, ${shareUp(second)} after`,
    );
  const { active_version } = await api.twin(twinId);
  printJson(io, {
    twin_id: twinId,
    api: api.url,
    seed,
    outcome,
    version: { before: spec.version, after: active_version },
    votes: {
      past: {
        inserted: past.inserted,
        duplicate: past.duplicate,
        not_counted: past.not_counted,
        refused: past.refused.length,
      },
      before: counts(first),
      after: second === null ? null : counts(second),
    },
    ...summary(job, changes),
  });
  // Last, so that on a terminal it is what one is left with.
  showChanges(io, view, changes);
}

export function addDemo(program: Command, io: VerbContext): void {
  program
    .command('demo')
    .description('Watch a twin learn on the running system: votes, the job, the gate, the prompt before and after')
    .option(
      '--data <file>',
      'rated answers of the past from a file (JSONL, the format of `twinloop import`), not simulated ones',
    )
    .option('--seed <n>', 'of the simulated audience', wholeNumber(0, 2_147_483_647), 1)
    .option('--votes <n>', 'votes of the simulated audience on live prompts', wholeNumber(1, 2_000), 40)
    .option('--auto-publish', 'let the policy publish what passes the gate; without it the demo approves it')
    .addHelpText('after', '\nMakes a twin of its own, which stays. Needs the system: ./temporal-dev.sh')
    .action(async (options: DemoOptions) => {
      const view = createProgress(io);
      try {
        await demo(io, options, view);
      } finally {
        view.close();
      }
    });
}
