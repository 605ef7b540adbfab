import { and, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import { jobLogs, jobs } from './schema/jobs.ts';
import { learningRuns } from './schema/learning.ts';
import type { JobMetadata, JobStatus, LogLevel } from './vocabulary.ts';

export type JobRow = typeof jobs.$inferSelect;
export type RunRow = typeof learningRuns.$inferSelect;

const OPEN: JobStatus[] = ['queued', 'processing'];

export interface JobWithRun {
  readonly job: JobRow;
  readonly run: RunRow;
}

/** A learning job with its run, open or closed; undefined when there is none. */
export async function readJobWithRun(db: Reader, jobId: string): Promise<JobWithRun | undefined> {
  const [row] = await db
    .select({ job: jobs, run: learningRuns })
    .from(jobs)
    .innerJoin(learningRuns, eq(learningRuns.job_id, jobs.id))
    .where(eq(jobs.id, jobId));
  return row;
}

/** Makes the tenant's claims wait for each other until the transaction ends. Comes after the twin's lock. */
export async function lockTenantClaims(tx: Transaction, tenantId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`claims of ${tenantId}`}, 0))`);
}

/** How many learning runs of a tenant are under way. */
export async function countOpenJobs(db: Reader, tenantId: string): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(jobs)
    .where(and(eq(jobs.tenant_id, tenantId), eq(jobs.job_type, 'feedback_learning'), inArray(jobs.status, OPEN)));
  return row?.count ?? 0;
}

export interface NewLearningJob {
  readonly twin_id: string;
  readonly tenant_id: string;
  readonly from_seq: number;
  readonly to_seq: number;
  /** Postgres' clock under the twin's lock: a cooldown is counted from it. */
  readonly created_at: Date;
  readonly metadata: Omit<JobMetadata, 'feedback_learning_run_id'>;
}

/** Inserts a queued job and its running run. The partial unique index refuses a second open one of the twin. */
export async function insertLearningJob(
  tx: Transaction,
  job: NewLearningJob,
): Promise<{ jobId: string; runId: string }> {
  const { twin_id, tenant_id, from_seq, to_seq, created_at } = job;
  const jobId = crypto.randomUUID();
  const runId = crypto.randomUUID();
  const metadata: JobMetadata = { ...job.metadata, feedback_learning_run_id: runId };
  await tx
    .insert(jobs)
    .values({ id: jobId, twin_id, tenant_id, job_type: 'feedback_learning', status: 'queued', created_at, metadata });
  await tx
    .insert(learningRuns)
    .values({ id: runId, job_id: jobId, twin_id, tenant_id, from_seq, to_seq, created_at, status: 'running' });
  return { jobId, runId };
}

/** The fence: an attempt claims the open job unless a later one has. False: fenced, or closed. */
export async function claimEpoch(tx: Transaction, jobId: string, epoch: number): Promise<boolean> {
  const claimed = await tx
    .update(jobs)
    .set({
      epoch,
      status: 'processing',
      started_at: sql`coalesce(${jobs.started_at}, clock_timestamp())`,
      updated_at: sql`clock_timestamp()`,
    })
    .where(and(eq(jobs.id, jobId), lte(jobs.epoch, epoch), inArray(jobs.status, OPEN)))
    .returning({ id: jobs.id });
  return claimed.length === 1;
}

/** Writes the job as the attempt that holds the fence. False: fenced, or closed. */
export async function updateFencedJob(
  tx: Transaction,
  jobId: string,
  epoch: number,
  change: Partial<typeof jobs.$inferInsert>,
): Promise<boolean> {
  const written = await tx
    .update(jobs)
    .set({ ...change, updated_at: sql`clock_timestamp()` })
    .where(and(eq(jobs.id, jobId), eq(jobs.epoch, epoch), inArray(jobs.status, OPEN)))
    .returning({ id: jobs.id });
  return written.length === 1;
}

export async function updateRun(
  tx: Transaction,
  runId: string,
  change: Partial<typeof learningRuns.$inferInsert>,
): Promise<void> {
  await tx.update(learningRuns).set(change).where(eq(learningRuns.id, runId));
}

/** A job the owner has retried is not waiting for attention any more. */
export async function settleAttention(tx: Transaction, jobId: string): Promise<void> {
  await tx
    .update(jobs)
    .set({ status: 'failed', updated_at: sql`clock_timestamp()` })
    .where(and(eq(jobs.id, jobId), eq(jobs.status, 'needs_attention')));
}

export async function writeJobLog(
  tx: Transaction,
  jobId: string,
  level: LogLevel,
  message: string,
  metadata: Record<string, unknown> = {},
): Promise<void> {
  await tx.insert(jobLogs).values({ job_id: jobId, level, message, metadata });
}

/** Closes an open job whoever holds its fence; what still runs is fenced out by the status. */
export async function closeJob(
  tx: Transaction,
  jobId: string,
  change: { status: 'failed' | 'needs_attention'; error_message: string; completed_at: Date },
): Promise<void> {
  await tx
    .update(jobs)
    .set({ ...change, updated_at: change.completed_at })
    .where(and(eq(jobs.id, jobId), inArray(jobs.status, OPEN)));
}
