import { countPending } from '../db/ledger.ts';
import { closeJob, readJobWithRun, updateRun, writeJobLog } from '../db/open-jobs.ts';
import { supersedeDraft } from '../db/spec-writes.ts';
import { lockTwin, updateTwinState } from '../db/twin-lock.ts';
import { resolvePolicy } from '../learning/policy.ts';
import { cooldownEnd } from '../commands/claim.ts';
import type { ActivityDeps } from './deps.ts';

export interface FailJobInput {
  readonly twinId: string;
  readonly jobId: string;
  readonly step: string;
  /** Type of the failure, such as 'TimeoutFailure'; its text could hold a row's values. */
  readonly failureType: string;
}

const MINUTE_MS = 60_000;
const LONGEST_BACKOFF_MINUTES = 360;
const ATTENTION_FROM_FAILURES = 3;

/** Ends a job whose step used up its attempts: its votes are pending again, and the next try is put off. */
export async function failJob(deps: ActivityDeps, input: FailJobInput): Promise<void> {
  const { twinId, jobId, step, failureType } = input;
  const failed = await deps.database.db.transaction(async (tx) => {
    const locked = await lockTwin(tx, twinId);
    const found = await readJobWithRun(tx, jobId);
    if (locked === undefined || found === undefined || found.job.completed_at !== null) return undefined;
    const { state, now } = locked;
    const { run } = found;
    const failures = state.failures + 1;
    const minutes = Math.min(2 ** failures, LONGEST_BACKOFF_MINUTES);
    const backoff_until = new Date(now.getTime() + minutes * MINUTE_MS);
    const policy = resolvePolicy({}, state, deps.defaults);
    const next = cooldownEnd(state.last_claimed_at, policy.cooldown_minutes.value, backoff_until) ?? backoff_until;
    await updateTwinState(tx, twinId, {
      open_job_id: null,
      failures,
      backoff_until,
      cooldown_until: next,
      claimed_seq: run.from_seq,
      last_decision: 'failed',
    });
    await updateTwinState(tx, twinId, await countPending(tx, twinId));
    const status = failures >= ATTENTION_FROM_FAILURES ? 'needs_attention' : 'failed';
    const message = `Step ${step} failed after its last attempt (${failureType}).`;
    await closeJob(tx, jobId, { status, error_message: message, completed_at: now });
    if (run.candidate_version !== null) await supersedeDraft(tx, twinId, run.candidate_version);
    await updateRun(tx, run.id, { status: 'failed', completed_at: now });
    const retried = `next try at ${next.toISOString()}`;
    await writeJobLog(tx, jobId, 'error', `${message} The votes are pending again; ${retried}.`, { failures, step });
    return { status, trigger: found.job.metadata.trigger } as const;
  });
  if (failed !== undefined) deps.metrics?.jobFailed(failed.status, failed.trigger);
}
