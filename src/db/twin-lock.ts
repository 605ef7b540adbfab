import { eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import { rowReader } from './row-reader.ts';
import { twinState } from './schema/twins.ts';
import type { TwinRef } from './twin-ref.ts';

export type TwinStateRow = typeof twinState.$inferSelect;

export interface LockedTwin<State = TwinStateRow> {
  readonly state: State;
  /** Postgres' clock after the lock was had, ms since the epoch: `now()` would be the transaction's start. */
  readonly now: Date;
  readonly deleted: boolean;
}

type StateKey = keyof TwinStateRow;

/** A row of `twinsSql`, as Postgres sends it. */
export type TwinFields = Readonly<Record<string, unknown>> & { twin_id: string; deleted: boolean; now: string };

/** Locks twins in the order of their ids, as everybody must. `ids` is a text array. */
export const lockSql = (ids: SQL): SQL =>
  sql`select 1 from twin_state where twin_id = any(${ids}) order by twin_id for update`;

/** Rows of locked twins. A statement of its own: it sees what was committed while the lock was waited for. */
export const twinsSql = (ids: SQL, keys: readonly StateKey[]): SQL => sql`
  select ${sql.raw(keys.map((key) => `s.${key}`).join(', '))}, t.deleted_at is not null as deleted,
    clock_timestamp() as now
  from twin_state s join twins t on t.id = s.twin_id where s.twin_id = any(${ids})`;

/** Reads rows of `twinsSql` with these columns, by twin. */
export function twinReader<K extends StateKey>(
  keys: readonly K[],
): (rows: readonly TwinFields[]) => Map<string, LockedTwin<Pick<TwinStateRow, K>>> {
  const readState = rowReader(twinState, keys);
  return (rows) =>
    new Map(rows.map((row) => [row.twin_id, { state: readState(row), deleted: row.deleted, now: new Date(row.now) }]));
}

const EVERY_KEY = Object.keys(getTableColumns(twinState)) as StateKey[];
const readWholeTwins = twinReader(EVERY_KEY);

/** Locks twins; unknown ids are absent from the answer. */
export async function lockTwins(tx: Transaction, ids: readonly string[]): Promise<Map<string, LockedTwin>> {
  const among = sql`${sql.param(ids)}::text[]`;
  await tx.execute(lockSql(among));
  return readWholeTwins(await tx.execute<TwinFields>(twinsSql(among, EVERY_KEY)));
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
