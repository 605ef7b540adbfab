import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, JobDetail } from '../api-client.ts';
import { CliFailure } from '../support/failure.ts';
import { waitForJob } from '../support/forced-run.ts';
import type { CliIo } from '../support/io.ts';
import type { Progress } from '../support/progress.ts';

const STEPS = ['learn', 'gate', 'publish', 'finish', 'done'] as const satisfies readonly JobDetail['step'][];
const POLL_MS = 100;
const START_TIMEOUT_MS = 60_000;
/** A language model may compare answers for 13 of them. */
const END_TIMEOUT_MS = 20 * 60_000;

/** The job that takes the votes. Throws CliFailure when nobody takes it. */
async function findJob(api: ApiClient, twinId: string, view: Progress): Promise<string> {
  const end = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const { job, last_run, message } = await api.learning(twinId);
    const id = job?.id ?? last_run?.job_id;
    if (id !== undefined) return id;
    view.show('job', `waiting for a worker: ${message}`);
    if (Date.now() > end) {
      throw new CliFailure(
        `No worker has taken the votes within ${START_TIMEOUT_MS / 1_000} s: npx twinloop doctor tells what is missing.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Where a job stands: what is done, what is under way, what comes. */
function stepBar({ colors }: CliIo, { status, step }: JobDetail): string {
  const { green, yellow, red, dim } = colors;
  const at = STEPS.indexOf(step);
  const failed = status === 'failed' || status === 'needs_attention';
  const parts = STEPS.slice(0, -1).map((name, index) => {
    if (index < at) return green(`[x] ${name}`);
    if (index > at) return dim(`[ ] ${name}`);
    return failed ? red(`[!] ${name}`) : yellow(`[>] ${name}`);
  });
  return `job ${status}: ${parts.join('  ')}`;
}

/** Shows the twin's job step by step until it has ended. */
export async function watchJob(io: CliIo, api: ApiClient, twinId: string, view: Progress): Promise<JobDetail> {
  const jobId = await findJob(api, twinId, view);
  let bar = '';
  let lastLog = 0;
  return waitForJob(api, jobId, {
    timeoutMs: END_TIMEOUT_MS,
    pollMs: POLL_MS,
    async seen(job) {
      const { items } = await api.jobLogs(jobId);
      for (const log of items.toReversed().filter(({ id }) => id > lastLog)) {
        view.line(`  ${io.colors.dim(log.created_at.slice(11, 23))} ${log.message}`);
        lastLog = log.id;
      }
      const now = stepBar(io, job);
      // A bar that has not changed would be another line where there is no terminal.
      if (now !== bar) view.show('job', now);
      bar = now;
    },
  });
}
