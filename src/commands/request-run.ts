import type { OpenDatabase } from '../db/client.ts';
import { readJobWithRun } from '../db/open-jobs.ts';
import { lockTwin } from '../db/twin-lock.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import type { RunAnswer, RunRequest } from '../workflows/contract.ts';
import { claimRun } from './claim.ts';
import { decideTwin } from './decide-twin.ts';

/** Answers a request for a run by the decision rule, and claims the run where it says so. Safe to repeat by request id. */
export function requestRun(
  { db }: OpenDatabase,
  twinId: string,
  request: RunRequest,
  defaults: LearningDefaults,
): Promise<RunAnswer> {
  return db.transaction(async (tx): Promise<RunAnswer> => {
    const locked = await lockTwin(tx, twinId);
    if (locked === undefined) return { enqueued: false, reason: 'gone' };
    const { state, now } = locked;
    const { request_id, force, actor, reason, ...requested } = request;
    const decision = decideTwin(state, now, defaults, { force, ...requested });
    if (!decision.enqueued) {
      const open = state.open_job_id === null ? undefined : await readJobWithRun(tx, state.open_job_id);
      if (open?.job.metadata.request_id !== request_id) return decision;
      const { pending_events_at_enqueue: pending_events, min_events: required_events } = open.job.metadata;
      return { enqueued: true, pending_events, required_events, job_id: open.job.id };
    }
    const { jobId } = await claimRun(
      tx,
      locked,
      { trigger: 'manual', actor, forced: force, request_id, reason: reason ?? null, retry_of: null, requested },
      defaults,
    );
    return { ...decision, job_id: jobId };
  });
}
