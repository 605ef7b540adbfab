import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, JobDetail } from '../api-client.ts';
import { CliFailure } from './failure.ts';

const WAIT_SECONDS = 60;
const POLL_MS = 500;
/** A run takes seconds; one that has not ended by then needs an operator. */
const RUN_TIMEOUT_MS = 30 * 60_000;
/** Runs that were under way before ours could begin. */
const MAX_OTHER_RUNS = 3;

const OPEN: readonly JobDetail['status'][] = ['queued', 'processing'];

/** The job once it has ended. Throws CliFailure after `timeoutMs`. */
export async function waitForJob(
  api: ApiClient,
  jobId: string,
  {
    timeoutMs = RUN_TIMEOUT_MS,
    pollMs = POLL_MS,
    seen,
  }: {
    readonly timeoutMs?: number;
    readonly pollMs?: number;
    readonly seen?: (job: JobDetail) => Promise<void> | void;
  } = {},
): Promise<JobDetail> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const job = await api.job(jobId);
    await seen?.(job);
    if (!OPEN.includes(job.status)) return job;
    if (Date.now() > end) {
      throw new CliFailure(
        `Job ${jobId} has not ended within ${Math.round(timeoutMs / 1_000)} s (step ${job.step}): twinloop doctor tells whether a worker is there.`,
      );
    }
    await sleep(pollMs);
  }
}

/**
 * Requests a forced run and waits for its end. A run that is under way already is waited for; when it has taken all
 * votes it is the answer, else another one is requested. Throws CliFailure when the twin is paused.
 */
export async function forceRun(
  api: ApiClient,
  twinId: string,
  reason: string,
  report: (line: string) => void,
): Promise<JobDetail> {
  for (let others = 0; ; others++) {
    const answer = await api.requestRun(twinId, { force: true, reason }, WAIT_SECONDS);
    const jobId = answer.job_id;
    if (answer.enqueued && jobId !== undefined) {
      report(`run of job ${jobId}`);
      return waitForJob(api, jobId);
    }
    if (answer.reason !== 'job_already_inflight' || jobId === undefined) {
      throw new CliFailure(`The run was not begun: ${answer.reason ?? 'no reason given'}.`);
    }
    report(`job ${jobId} is under way already`);
    const job = await waitForJob(api, jobId);
    const { pending_events } = await api.learning(twinId);
    if (pending_events === 0 || others + 1 === MAX_OTHER_RUNS) return job;
  }
}
