import { and, eq, getTableColumns, inArray, sql, type SQL } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import { trainingEvents } from './schema/ledger.ts';
import { trainedSql } from './trained.ts';
import type { InteractionContext } from './vocabulary.ts';

export type LedgerRow = typeof trainingEvents.$inferInsert;

/** The newest row of a vote's key, and whether the key was in evidence when the watermark was last moved. */
export interface KeyState {
  readonly seq: number;
  readonly event_id: string;
  readonly score: -1 | 0 | 1;
  readonly reason: string | null;
  readonly comment: string | null;
  readonly answer: string | null;
  readonly interaction_context: InteractionContext;
  readonly live: boolean;
  readonly taken_live: boolean;
}

export interface KeyRef {
  readonly twin_id: string;
  readonly vote_key: string;
}

/** A row of `keysSql`, as Postgres sends it. */
export type KeyFields = Record<string, unknown> & KeyRef & { seq: number | string } & Omit<KeyState, 'seq'>;

/** State of each key that has a row. `keys` is a relation with `twin_id` and `vote_key`. */
export const keysSql = (keys: SQL): SQL => sql`
  select k.twin_id, k.vote_key, l.seq, l.event_id, l.score, l.reason, l.comment, l.answer, l.interaction_context,
    ${trainedSql('l')} as live, coalesce(t.live, false) as taken_live
  from ${keys} k join twin_state s on s.twin_id = k.twin_id
  join lateral (
    select * from persona_training_events e
    where e.twin_id = k.twin_id and e.vote_key = k.vote_key order by e.seq desc limit 1
  ) l on true
  left join lateral (
    select ${trainedSql('e')} as live from persona_training_events e
    where e.twin_id = k.twin_id and e.vote_key = k.vote_key and e.seq <= s.claimed_seq order by e.seq desc limit 1
  ) t on true`;

/** Keyed by `<twin_id> <vote_key>`. */
export const readKeyFields = (rows: readonly KeyFields[]): Map<string, KeyState> =>
  new Map(rows.map((row) => [`${row.twin_id} ${row.vote_key}`, { ...row, seq: Number(row.seq) }]));

export async function readKeys(tx: Reader, keys: readonly KeyRef[]): Promise<Map<string, KeyState>> {
  if (keys.length === 0) return new Map();
  const relation = sql`(select * from json_to_recordset(${JSON.stringify(keys)}::json) as r(twin_id text, vote_key text))`;
  return readKeyFields(await tx.execute<KeyFields>(keysSql(relation)));
}

const COLUMNS = Object.values(getTableColumns(trainingEvents)).filter(({ name }) => name !== 'created_at');
const NAMES = sql.raw(COLUMNS.map(({ name }) => name).join(', '));
const FIELDS = sql.raw(COLUMNS.map((column) => `${column.name} ${column.getSQLType()}`).join(', '));

/** Adds rows. `rows` is JSON, one value however many: the text is always the same, and cheap for Postgres to read. */
export const insertSql = (rows: SQL): SQL => sql`
  insert into persona_training_events (${NAMES}) select ${NAMES} from json_to_recordset(${rows}) as r(${FIELDS})`;

export async function insertLedgerRows(tx: Transaction, rows: readonly LedgerRow[]): Promise<void> {
  if (rows.length > 0) await tx.execute(insertSql(sql`${JSON.stringify(rows)}::json`));
}

export interface PendingCount {
  readonly pending_events: number;
  readonly oldest_pending_at: Date | null;
}

/**
 * The definition of `pending_events` (invariant I9): keys that changed since the watermark and were in evidence then
 * or are now. The hot path keeps the figure; this counts it anew after a change of the watermark or of the contexts.
 */
export async function countPending(db: Reader, twinId: string): Promise<PendingCount> {
  const [row] = await db.execute<{ count: number; oldest: string | null }>(sql`
    select count(*)::int as count, min(l.created_at) as oldest
    from twin_state s
    join lateral (
      select distinct on (e.vote_key) e.vote_key, e.created_at, ${trainedSql('e')} as live
      from persona_training_events e
      where e.twin_id = s.twin_id and e.seq > s.claimed_seq order by e.vote_key, e.seq desc
    ) l on true
    left join lateral (
      select ${trainedSql('e')} as live from persona_training_events e
      where e.twin_id = s.twin_id and e.vote_key = l.vote_key and e.seq <= s.claimed_seq order by e.seq desc limit 1
    ) t on true
    where s.twin_id = ${twinId} and (l.live or coalesce(t.live, false))`);
  return { pending_events: row?.count ?? 0, oldest_pending_at: row?.oldest ? new Date(row.oldest) : null };
}

/** Rows of a run's range, and how many of them are in evidence: those replaced within it are not. */
export async function countRange(
  db: Reader,
  twinId: string,
  from: number,
  to: number,
): Promise<{ scanned: number; processed: number }> {
  const [row] = await db.execute<{ scanned: number; processed: number }>(sql`
    select count(*)::int as scanned, count(*) filter (where newest and ${trainedSql('e')})::int as processed
    from (
      select score, interaction_context, lead(seq) over (partition by vote_key order by seq) is null as newest
      from persona_training_events where twin_id = ${twinId} and seq > ${from} and seq <= ${to}
    ) e, twin_state s
    where s.twin_id = ${twinId}`);
  return row ?? { scanned: 0, processed: 0 };
}

/** Rows of a twin's ledger in the order of their numbers. Throws when one is missing: they were read under the same lock. */
export async function readRows(
  db: Reader,
  twinId: string,
  seqs: readonly number[],
): Promise<(typeof trainingEvents.$inferSelect)[]> {
  if (seqs.length === 0) return [];
  const rows = await db
    .select()
    .from(trainingEvents)
    .where(and(eq(trainingEvents.twin_id, twinId), inArray(trainingEvents.seq, [...seqs])))
    .orderBy(trainingEvents.seq);
  if (rows.length !== seqs.length) throw new Error(`rows of the ledger of twin ${twinId} are missing`);
  return rows;
}

/** Keys of the votes of a rater that stand in a twin, whether their context trains or not. */
export async function standingKeysOf(db: Reader, twinId: string, raterId: string): Promise<string[]> {
  const rows = await db.execute<{ vote_key: string }>(sql`
    select vote_key from (
      select distinct on (e.vote_key) e.vote_key, e.score from persona_training_events e
      where e.twin_id = ${twinId} and e.rater_id = ${raterId} order by e.vote_key, e.seq desc
    ) newest where score <> 0 order by vote_key`);
  return rows.map((row) => row.vote_key);
}
