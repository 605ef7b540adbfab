import { and, eq, isNull } from 'drizzle-orm';
import type { Reader } from './client.ts';
import type { JobRow, RunRow } from './open-jobs.ts';
import { byNumber, byTime, isUuid, toPage, type Page, type PageRequest } from './page.ts';
import { jobLogs, jobs } from './schema/jobs.ts';
import { learningRuns } from './schema/learning.ts';
import { twins } from './schema/twins.ts';
import type { JobStatus, JobType } from './vocabulary.ts';

export interface JobFilter {
  readonly twin_id?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly job_type?: JobType | undefined;
}

/** A page of a tenant's jobs; those of deleted twins are gone with them. */
export async function listJobs(
  db: Reader,
  tenantId: string,
  filter: JobFilter,
  request: PageRequest,
): Promise<Page<JobRow>> {
  const keyset = byTime(request, jobs.created_at, jobs.id);
  const rows = await db
    .select({ key: keyset.key, job: jobs })
    .from(jobs)
    .leftJoin(twins, eq(twins.id, jobs.twin_id))
    .where(
      and(
        eq(jobs.tenant_id, tenantId),
        isNull(twins.deleted_at),
        filter.twin_id === undefined ? undefined : eq(jobs.twin_id, filter.twin_id),
        filter.status === undefined ? undefined : eq(jobs.status, filter.status),
        filter.job_type === undefined ? undefined : eq(jobs.job_type, filter.job_type),
        keyset.where,
      ),
    )
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, (row) => row.job);
}

export interface JobDetail {
  readonly job: JobRow;
  /** Null for a job that is not a learning run. */
  readonly run: RunRow | null;
}

/** A job with its run; undefined for another tenant's, and for a deleted twin's. */
export async function findJob(db: Reader, tenantId: string, id: string): Promise<JobDetail | undefined> {
  if (!isUuid(id)) return undefined;
  const [row] = await db
    .select({ job: jobs, run: learningRuns })
    .from(jobs)
    .leftJoin(twins, eq(twins.id, jobs.twin_id))
    .leftJoin(learningRuns, eq(learningRuns.job_id, jobs.id))
    .where(and(eq(jobs.id, id), eq(jobs.tenant_id, tenantId), isNull(twins.deleted_at)));
  return row;
}

export type JobLogRow = typeof jobLogs.$inferSelect;

/** A page of a job's log. Tenancy is the caller's to check. */
export async function listJobLogs(db: Reader, jobId: string, request: PageRequest): Promise<Page<JobLogRow>> {
  const keyset = byNumber(request, jobLogs.id);
  const rows = await db
    .select({ key: keyset.key, log: jobLogs })
    .from(jobLogs)
    .where(and(eq(jobLogs.job_id, jobId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, (row) => row.log);
}
