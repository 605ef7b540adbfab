import type { Transaction } from '../db/client.ts';
import { insertLearningJob, writeJobLog } from '../db/open-jobs.ts';
import { updateTwinState, type LockedTwin } from '../db/twin-lock.ts';
import type { JobTrigger } from '../db/vocabulary.ts';
import { resolvePolicy, type LearningDefaults } from '../learning/policy.ts';

const MINUTE_MS = 60_000;

export interface Claim {
  readonly trigger: JobTrigger;
  /** `key:<id>`, or the trigger for what nobody asked for. */
  readonly actor: string;
  readonly forced: boolean;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly retry_of: string | null;
  readonly requested: {
    readonly min_events?: number;
    readonly auto_publish?: boolean;
    readonly run_regression_gate?: boolean;
  };
}

/**
 * Makes the run of a twin whose decision was "enqueue": job, run, watermark and cooldown in the caller's transaction,
 * at the same cost for 5 votes and for 50,000. Without a persona it takes no votes, so that none is used up.
 */
export async function claimRun(
  tx: Transaction,
  { state, now }: LockedTwin,
  claim: Claim,
  defaults: LearningDefaults,
): Promise<{ jobId: string; runId: string }> {
  const policy = resolvePolicy(claim.requested, state, defaults);
  const { min_events: _min, ...requested } = claim.requested;
  const to_seq = state.active_version === null ? state.claimed_seq : state.last_seq;
  const ids = await insertLearningJob(tx, {
    twin_id: state.twin_id,
    tenant_id: state.tenant_id,
    from_seq: state.claimed_seq,
    to_seq,
    created_at: now,
    metadata: {
      trigger: claim.trigger,
      tenant_id: state.tenant_id,
      created_by: claim.actor,
      min_events: policy.min_events.value,
      pending_events_at_enqueue: state.pending_events,
      auto_publish: policy.auto_publish.value,
      run_regression_gate: policy.run_regression_gate.value,
      events_scanned: null,
      events_processed: null,
      modules_updated: null,
      publish_decision: null,
      gate_passed: null,
      gate_verdict: null,
      forced: claim.forced,
      requested,
      request_id: claim.request_id,
      reason: claim.reason,
      retry_of: claim.retry_of,
    },
  });
  await updateTwinState(tx, state.twin_id, {
    open_job_id: ids.jobId,
    last_claimed_at: now,
    cooldown_until: cooldownEnd(now, policy.cooldown_minutes.value, state.backoff_until),
    ...(to_seq > state.claimed_seq ? { claimed_seq: to_seq, pending_events: 0, oldest_pending_at: null } : {}),
  });
  await writeJobLog(tx, ids.jobId, 'info', `Queued by ${claim.trigger} with ${state.pending_events} pending votes.`, {
    from_seq: state.claimed_seq,
    to_seq,
    forced: claim.forced,
  });
  return ids;
}

/** End of the cooldown that a claim at `claimedAt` began, or of the back-off where that is later. */
export function cooldownEnd(claimedAt: Date | null, minutes: number, backoffUntil: Date | null): Date | null {
  if (claimedAt === null) return backoffUntil;
  const end = new Date(claimedAt.getTime() + minutes * MINUTE_MS);
  return backoffUntil !== null && backoffUntil > end ? backoffUntil : end;
}
