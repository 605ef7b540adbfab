import { sql, type SQL } from 'drizzle-orm';
import type { Reader } from './client.ts';

/** A place in the sweep's order: repairs first, then who waits longest. */
export interface SweepPlace {
  readonly rank: number;
  /** As Postgres writes an instant: a Date would lose microseconds, and rows at the seam of two pages. */
  readonly since: string;
  readonly twin_id: string;
}

export interface SweepCandidate extends SweepPlace, Record<string, unknown> {
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
  /** Only what comes later. */
  readonly after?: SweepPlace | undefined;
}

interface Source {
  readonly reason: SweepCandidate['reason'];
  /** From where, `t` being the twin; and under which conditions. */
  readonly from: SQL;
  readonly where: SQL;
  /** Column that orders the source, first in an index of its own. */
  readonly since: string;
  readonly id: string;
  /** Alias whose tenant is asked for. */
  readonly tenant: string;
}

/** An open job that nobody touched for this long has lost its workflow. */
const STALE_JOB = sql.raw(`interval '5 minutes'`);

/** Whoever waits for a run that may begin now. */
const dueSource = (defaultMinEvents: number, minEvents: number): Source => ({
  reason: 'due',
  from: sql`twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null`,
  where: sql`s.oldest_pending_at is not null and s.open_job_id is null and s.paused_at is null
      and s.pending_events >= greatest(coalesce(s.min_events, ${defaultMinEvents}::int), ${minEvents}::int)
      and s.active_version is not null and coalesce(s.probation_until, 'infinity') > now()
      and coalesce(s.cooldown_until, '-infinity') <= now() and coalesce(s.deferred_until, '-infinity') <= now()`,
  since: 's.oldest_pending_at',
  id: 's.twin_id',
  tenant: 's',
});

/** Where the twins are that are due by their own policy. */
export const dueTwins = (defaultMinEvents: number): Pick<Source, 'from' | 'where' | 'since'> =>
  dueSource(defaultMinEvents, 1);

/** In the order of their ranks. now() and not clock_timestamp(), by which no index could be searched. */
const sourcesOf = ({ minEvents, defaultMinEvents }: SweepQuery): Source[] => [
  {
    reason: 'stale_job',
    from: sql`jobs j join twins t on t.id = j.twin_id and t.deleted_at is null`,
    where: sql`j.status in ('queued', 'processing') and j.job_type = 'feedback_learning' and j.updated_at < now() - ${STALE_JOB}`,
    since: 'j.updated_at',
    id: 'j.twin_id',
    tenant: 'j',
  },
  {
    reason: 'not_purged',
    from: sql`twins t`,
    where: sql`t.deleted_at is not null and t.purged_at is null`,
    since: 't.deleted_at',
    id: 't.id',
    tenant: 't',
  },
  {
    reason: 'probation_over',
    from: sql`twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null`,
    where: sql`s.probation_until <= now() and s.open_job_id is null and s.paused_at is null`,
    since: 's.probation_until',
    id: 's.twin_id',
    tenant: 's',
  },
  dueSource(defaultMinEvents, minEvents),
];

/**
 * Twins that need repair, then those whose probation is over, then those that are due, the one waiting longest first.
 * Each kind is read in the order of its index, so that a page costs what it holds.
 */
export async function findSweepCandidates(db: Reader, query: SweepQuery): Promise<SweepCandidate[]> {
  const { limit, tenantId, after } = query;
  const pages = sourcesOf(query).flatMap((source, rank) => {
    if (after !== undefined && rank < after.rank) return [];
    const [since, id] = [sql.raw(source.since), sql.raw(source.id)];
    const ofTenant = tenantId === null ? sql`` : sql`and ${sql.raw(source.tenant)}.tenant_id = ${tenantId}`;
    const later =
      after?.rank === rank ? sql`and (${since}, ${id}) > (${after.since}::timestamptz, ${after.twin_id})` : sql``;
    return [
      sql`(select ${id} as twin_id, t.tenant_id, ${source.reason}::text as reason, ${rank}::int as rank, ${since} as since
        from ${source.from} where ${source.where} ${ofTenant} ${later} order by ${since}, ${id} limit ${limit})`,
    ];
  });
  return db.execute<SweepCandidate>(sql`
    select twin_id, tenant_id, reason, rank, since::text from (${sql.join(pages, sql` union all `)}) candidates
    order by candidates.rank, candidates.since, twin_id limit ${limit}`);
}
