import { eq, inArray, sql } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import { twins, twinState } from './schema/twins.ts';
import type { TwinRef } from './twin-ref.ts';

export type TwinStateRow = typeof twinState.$inferSelect;

export interface LockedTwin {
  readonly state: TwinStateRow;
  /** Postgres' clock after the lock was had, ms since the epoch: `now()` would be the transaction's start. */
  readonly now: Date;
  readonly deleted: boolean;
}

/** Locks twins in the order of their ids, as everybody must; unknown ids are absent from the answer. */
export async function lockTwins(tx: Transaction, ids: readonly string[]): Promise<Map<string, LockedTwin>> {
  if (ids.length === 0) return new Map();
  await tx
    .select({ id: twinState.twin_id })
    .from(twinState)
    .where(inArray(twinState.twin_id, [...ids]))
    .orderBy(twinState.twin_id)
    .for('update');
  // A statement of its own: it sees what was committed while the lock was waited for.
  const rows = await tx
    .select({ state: twinState, deleted_at: twins.deleted_at, now: sql<string>`clock_timestamp()` })
    .from(twinState)
    .innerJoin(twins, eq(twins.id, twinState.twin_id))
    .where(inArray(twinState.twin_id, [...ids]));
  return new Map(
    rows.map((row) => [
      row.state.twin_id,
      { state: row.state, deleted: row.deleted_at !== null, now: new Date(row.now) },
    ]),
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

/** A twin's row without its lock: for what computes, not for what writes. Throws when there is none. */
export async function readTwinState(db: Reader, id: string): Promise<TwinStateRow> {
  const [row] = await db.select().from(twinState).where(eq(twinState.twin_id, id));
  if (row === undefined) throw new Error(`twin ${id} has no state`);
  return row;
}
