import { sql } from 'drizzle-orm';
import type { Reader } from './client.ts';
import { inForce } from './keys.ts';
import { apiKeys } from './schema/tenancy.ts';

export interface KeyHealth extends Record<string, unknown> {
  /** Keys in force. */
  readonly keys: number;
  /** Tenants with a twin and no owner key in force, by id. */
  readonly ownerless: readonly string[];
}

/** How many keys are in force, and whose twins nobody can own up to. */
export async function readKeyHealth(db: Reader): Promise<KeyHealth> {
  const [row] = await db.execute<KeyHealth>(sql`
    select (select count(*)::int from ${apiKeys} where ${inForce}) as keys,
      array(select distinct t.tenant_id from twins t where t.deleted_at is null and not exists (
        select from ${apiKeys} where ${apiKeys.tenant_id} = t.tenant_id and ${apiKeys.role} = 'owner' and ${inForce}) order by 1) as ownerless`);
  if (row === undefined) throw new Error('counting keys gave no row');
  return row;
}

export interface JobHealth extends Record<string, unknown> {
  /** Jobs that wait for their owner, and the one that waits longest. */
  readonly needs_attention: number;
  readonly oldest: string | null;
  /** Jobs that failed in the last 24 hours and are tried again by themselves. */
  readonly failed: number;
}

/** Jobs that did not end well. */
export async function readJobHealth(db: Reader): Promise<JobHealth> {
  const [row] = await db.execute<JobHealth>(sql`
    select count(*) filter (where j.status = 'needs_attention')::int as needs_attention,
      (array_agg(j.id order by j.completed_at) filter (where j.status = 'needs_attention'))[1]::text as oldest,
      count(*) filter (where j.status = 'failed' and j.completed_at > now() - interval '24 hours')::int as failed
    from jobs j join twins t on t.id = j.twin_id and t.deleted_at is null
    where j.status in ('needs_attention', 'failed')`);
  if (row === undefined) throw new Error('counting jobs gave no row');
  return row;
}

/** Of these twins those that nothing was written to, and that nothing kept from learning, for so many minutes. */
export async function findUntouchedTwins(db: Reader, ids: readonly string[], minutes: number): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.execute<{ twin_id: string }>(sql`
    select twin_id from twin_state
    where twin_id in ${[...ids]} and greatest(updated_at, cooldown_until, deferred_until, backoff_until) < now() - make_interval(mins => ${minutes}::int)
    order by twin_id`);
  return rows.map((row) => row.twin_id);
}

/** Tenants whose texts are kept for a time of their own. */
export async function countOwnRetentions(db: Reader): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from tenants where text_retention_days is not null`,
  );
  return row?.count ?? 0;
}

/** Postgres' clock, in ms. */
export async function readDatabaseClock(db: Reader): Promise<number> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  if (row === undefined) throw new Error('asking for the time gave no row');
  return row.ms;
}
