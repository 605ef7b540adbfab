import { sql } from 'drizzle-orm';
import type { Reader } from './client.ts';

export interface SweepCandidate extends Record<string, unknown> {
  readonly twin_id: string;
  readonly tenant_id: string;
  readonly reason: 'due' | 'stale_job' | 'not_purged' | 'probation_over';
}

export interface SweepQuery {
  /** Effective minimum of a twin: the larger of its policy's and this. */
  readonly minEvents: number;
  /** Policy minimum of a twin that names none. */
  readonly defaultMinEvents: number;
  readonly limit: number;
  /** Null sweeps every tenant. */
  readonly tenantId: string | null;
}

/** An open job that nobody touched for this long has lost its workflow. */
const STALE_JOB = sql.raw(`interval '5 minutes'`);

/** Twins that need repair, then those whose probation is over, then those that are due, the one waiting longest first. */
export async function findSweepCandidates(db: Reader, query: SweepQuery): Promise<SweepCandidate[]> {
  const { minEvents, defaultMinEvents, limit, tenantId } = query;
  const tenant = (table: string) => (tenantId === null ? sql`true` : sql`${sql.raw(table)}.tenant_id = ${tenantId}`);
  return db.execute<SweepCandidate>(sql`
    select twin_id, tenant_id, reason from (
      select j.twin_id, j.tenant_id, 'stale_job' as reason, 0 as rank, j.updated_at as since
      from jobs j join twins t on t.id = j.twin_id and t.deleted_at is null
      where j.status in ('queued', 'processing') and j.job_type = 'feedback_learning'
        and j.updated_at < clock_timestamp() - ${STALE_JOB} and ${tenant('j')}
      union all
      select t.id, t.tenant_id, 'not_purged', 1, t.deleted_at
      from twins t where t.deleted_at is not null and t.purged_at is null and ${tenant('t')}
      union all
      select s.twin_id, s.tenant_id, 'probation_over', 2, s.probation_until
      from twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null
      where s.probation_until <= clock_timestamp() and s.open_job_id is null and s.paused_at is null and ${tenant('s')}
      union all
      select s.twin_id, s.tenant_id, 'due', 3, s.oldest_pending_at
      from twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null
      where s.oldest_pending_at is not null and s.open_job_id is null and s.paused_at is null
        and s.pending_events >= greatest(coalesce(s.min_events, ${defaultMinEvents}::int), ${minEvents}::int)
        and s.active_version is not null and coalesce(s.probation_until, 'infinity') > clock_timestamp()
        and coalesce(s.cooldown_until, '-infinity') <= clock_timestamp()
        and coalesce(s.deferred_until, '-infinity') <= clock_timestamp() and ${tenant('s')}
    ) candidates
    order by rank, since nulls first, twin_id limit ${limit}`);
}
