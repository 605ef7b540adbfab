import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Transaction } from '../db/client.ts';
import { isConnectionError } from '../db/errors.ts';
import {
  claimEpoch,
  readJobWithRun,
  updateFencedJob,
  updateRun,
  writeJobLog,
  type JobRow,
  type RunRow,
} from '../db/open-jobs.ts';
import { lockTwin, type LockedTwin } from '../db/twin-lock.ts';
import type { JobStep, LogLevel } from '../db/vocabulary.ts';
import type { ActivityDeps } from './deps.ts';

export interface StepInput {
  readonly twinId: string;
  readonly jobId: string;
}

export interface StepResult {
  /** First step that is not done; 'done' once the job is closed or its twin deleted. */
  readonly next: JobStep;
}

export interface OpenStep {
  readonly job: JobRow;
  readonly run: RunRow;
}

/** What a step writes, all in one transaction with the fence. */
export interface StepOutcome {
  readonly next: JobStep;
  readonly job?: Parameters<typeof updateFencedJob>[3];
  readonly run?: Parameters<typeof updateRun>[2];
  readonly log: { readonly level: LogLevel; readonly message: string; readonly metadata?: Record<string, unknown> };
}

/** Computes outside any transaction, and gives back what to do under the twin's lock. */
export type StepWork = (step: OpenStep) => Promise<(tx: Transaction, locked: LockedTwin) => Promise<StepOutcome>>;

const DATABASE_RETRY_MS = 1_000;

/** Another attempt has taken the job over: this one must not write. Its result is wanted by nobody. */
function fenced(jobId: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'Fenced', nonRetryable: true, message: `job ${jobId} has a newer attempt` });
}

/**
 * Runs one step of a job: claim by epoch, compute, write under the fence. A step that is done already is not done
 * again. While Postgres is away it waits, so that an outage does not use up the step's attempts.
 */
export async function runJobStep(
  deps: ActivityDeps,
  { twinId, jobId }: StepInput,
  step: JobStep,
  work: StepWork,
): Promise<StepResult> {
  const context = Context.current();
  const epoch = context.info.currentAttemptScheduledTimestampMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      context.log.warn('Postgres is away; the step waits for it', { jobId, step });
      await context.sleep(DATABASE_RETRY_MS);
    }
  }

  async function attempt(): Promise<StepResult> {
    const { db } = deps.database;
    const opened = await db.transaction(async (tx): Promise<OpenStep | JobStep> => {
      if ((await lockTwin(tx, twinId)) === undefined) return 'done';
      const found = await readJobWithRun(tx, jobId);
      if (found === undefined || found.job.completed_at !== null) return 'done';
      if (!(await claimEpoch(tx, jobId, epoch))) throw fenced(jobId);
      return found.job.step === step ? found : found.job.step;
    });
    if (typeof opened === 'string') return { next: opened };
    const write = await work(opened);
    const outcome = await db.transaction(async (tx) => {
      const locked = await lockTwin(tx, twinId);
      if (locked === undefined) return undefined;
      const outcome = await write(tx, locked);
      if (!(await updateFencedJob(tx, jobId, epoch, { ...outcome.job, step: outcome.next }))) throw fenced(jobId);
      if (outcome.run !== undefined) await updateRun(tx, opened.run.id, outcome.run);
      await writeJobLog(tx, jobId, outcome.log.level, outcome.log.message, outcome.log.metadata);
      return outcome;
    });
    if (outcome === undefined) return { next: 'done' };
    deps.metrics?.stepDone(opened, outcome);
    return { next: outcome.next };
  }
}
