import { and, eq } from 'drizzle-orm';
import type { Reader } from './client.ts';
import type { RunRow } from './open-jobs.ts';
import { byTime, toPage, type Page, type PageRequest } from './page.ts';
import { learningRuns } from './schema/learning.ts';

/** A page of a twin's runs. Tenancy is the caller's to check. */
export async function listRuns(db: Reader, twinId: string, request: PageRequest): Promise<Page<RunRow>> {
  const keyset = byTime(request, learningRuns.created_at, learningRuns.id);
  const rows = await db
    .select({ key: keyset.key, run: learningRuns })
    .from(learningRuns)
    .where(and(eq(learningRuns.twin_id, twinId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, (row) => row.run);
}

/** The run of a job once it has ended; undefined before. */
export async function findEndedRun(db: Reader, jobId: string): Promise<RunRow | undefined> {
  const [run] = await db.select().from(learningRuns).where(eq(learningRuns.job_id, jobId));
  return run === undefined || run.status === 'running' ? undefined : run;
}

/** The job that made a run; undefined when there is none. */
export async function findRunJob(db: Reader, runId: string): Promise<string | undefined> {
  const [run] = await db.select({ job_id: learningRuns.job_id }).from(learningRuns).where(eq(learningRuns.id, runId));
  return run?.job_id;
}
