import type { OpenDatabase } from '../db/client.ts';
import { readJobWithRun, settleAttention } from '../db/open-jobs.ts';
import { lockTwin } from '../db/twin-lock.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import { claimRun } from './claim.ts';
import { decideTwin } from './decide-twin.ts';

export type RetryResult =
  | { readonly status: 'retried'; readonly job_id: string; readonly twin_id: string }
  | { readonly status: 'not_found' }
  /** Only a failed job, or one that needs attention, can be retried. */
  | { readonly status: 'not_failed' }
  | { readonly status: 'paused' | 'job_already_inflight' };

/** Retries a failed learning job: a new forced job that names it. The twin's workflow adopts it when it is poked. */
export async function retryJob(
  { db }: OpenDatabase,
  tenantId: string,
  jobId: string,
  actor: string,
  defaults: LearningDefaults,
): Promise<RetryResult> {
  const known = await readJobWithRun(db, jobId);
  if (known === undefined || known.job.tenant_id !== tenantId) return { status: 'not_found' };
  return db.transaction(async (tx): Promise<RetryResult> => {
    const locked = await lockTwin(tx, known.run.twin_id);
    const found = await readJobWithRun(tx, jobId);
    if (locked === undefined || found === undefined) return { status: 'not_found' };
    if (found.job.status !== 'failed' && found.job.status !== 'needs_attention') return { status: 'not_failed' };
    const decision = decideTwin(locked.state, locked.now, defaults, { force: true });
    if (!decision.enqueued) {
      return { status: decision.reason === 'paused' ? 'paused' : 'job_already_inflight' };
    }
    const { requested } = found.job.metadata;
    const { jobId: job_id } = await claimRun(
      tx,
      locked,
      { trigger: 'retry', actor, forced: true, request_id: null, reason: null, retry_of: jobId, requested },
      defaults,
    );
    await settleAttention(tx, jobId);
    return { status: 'retried', job_id, twin_id: known.run.twin_id };
  });
}
