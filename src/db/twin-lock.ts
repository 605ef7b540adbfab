import { eq, sql } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import type { Statements } from './pipeline.ts';
import { rowReader } from './row-reader.ts';
import { twinState } from './schema/twins.ts';
import type { TwinRef } from './twin-ref.ts';

export type TwinStateRow = typeof twinState.$inferSelect;

export interface LockedTwin {
  readonly state: TwinStateRow;
  /** Postgres' clock after the lock was had, ms since the epoch: `now()` would be the transaction's start. */
  readonly now: Date;
  readonly deleted: boolean;
}

const readState = rowReader(twinState);

/** Locks twins in the order of their ids, as everybody must; unknown ids are absent from the answer. */
export async function lockTwins(tx: Statements, ids: readonly string[]): Promise<Map<string, LockedTwin>> {
  if (ids.length === 0) return new Map();
  // One parameter however many ids: a statement of always the same text is planned once a connection.
  const among = sql`s.twin_id = any(${sql.param(ids)}::text[])`;
  // Every vote passes here, and building a query costs more than running this one: so it is written out.
  const lock = tx.execute(sql`select 1 from twin_state s where ${among} order by s.twin_id for update`);
  // A statement of its own: it sees what was committed while the lock was waited for.
  const read = tx.execute<{ deleted: boolean; now: string; twin_id: string }>(sql`
    select s.*, t.deleted_at is not null as deleted, clock_timestamp() as now
    from twin_state s join twins t on t.id = s.twin_id where ${among}`);
  const [, rows] = await Promise.all([lock, read]);
  return new Map(
    rows.map(({ deleted, now, ...row }) => [row.twin_id, { state: readState(row), deleted, now: new Date(now) }]),
  );
}

/** Locks one twin; undefined when there is none or it is deleted. */
export async function lockTwin(tx: Transaction, id: string): Promise<LockedTwin | undefined> {
  const locked = (await lockTwins(tx, [id])).get(id);
  return locked?.deleted === true ? undefined : locked;
}

/** Locks a twin for a command: undefined also when it is another tenant's. */
export async function lockOwnTwin(tx: Transaction, ref: TwinRef): Promise<LockedTwin | undefined> {
  const locked = await lockTwin(tx, ref.id);
  return locked?.state.tenant_id === ref.tenant_id ? locked : undefined;
}

export async function updateTwinState(
  tx: Transaction,
  id: string,
  change: Partial<typeof twinState.$inferInsert>,
): Promise<void> {
  await tx
    .update(twinState)
    .set({ ...change, updated_at: sql`clock_timestamp()` })
    .where(eq(twinState.twin_id, id));
}

/** What votes change of a twin. */
export type VoteCounts = Pick<
  TwinStateRow,
  'twin_id' | 'last_seq' | 'pending_events' | 'oldest_pending_at' | 'deferred_until'
>;

/** Writes the counts of locked twins, all in one statement. */
export async function updateVoteCounts(tx: Statements, counts: readonly VoteCounts[]): Promise<void> {
  if (counts.length === 0) return;
  await tx.execute(sql`
    update twin_state s set last_seq = c.last_seq, pending_events = c.pending_events,
      oldest_pending_at = c.oldest_pending_at, deferred_until = c.deferred_until, updated_at = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as c(twin_id text, last_seq bigint, pending_events int,
      oldest_pending_at timestamptz, deferred_until timestamptz)
    where s.twin_id = c.twin_id`);
}

/** A twin's row without its lock: for what computes, not for what writes. Throws when there is none. */
export async function readTwinState(db: Reader, id: string): Promise<TwinStateRow> {
  const [row] = await db.select().from(twinState).where(eq(twinState.twin_id, id));
  if (row === undefined) throw new Error(`twin ${id} has no state`);
  return row;
}
