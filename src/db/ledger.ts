import { and, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Reader } from './client.ts';
import type { Statements } from './pipeline.ts';
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

interface KeyRef {
  readonly twin_id: string;
  readonly vote_key: string;
}

const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;
const keyName = (key: KeyRef): string => `${key.twin_id} ${key.vote_key}`;

/** State of each key that has a row; keyed by `<twin_id> <vote_key>`. */
export async function readKeys(db: Statements, keys: readonly KeyRef[]): Promise<Map<string, KeyState>> {
  if (keys.length === 0) return new Map();
  const rows = await db.execute<Record<string, unknown> & KeyRef & { seq: string } & Omit<KeyState, 'seq'>>(sql`
    select k.twin_id, k.vote_key, l.seq, l.event_id, l.score, l.reason, l.comment, l.answer, l.interaction_context,
      ${trainedSql('l')} as live, coalesce(t.live, false) as taken_live
    from (select distinct * from jsonb_to_recordset(${json(keys.map(({ twin_id, vote_key }) => ({ twin_id, vote_key })))}) as r(twin_id text, vote_key text)) k
    join twin_state s on s.twin_id = k.twin_id
    join lateral (
      select * from persona_training_events e
      where e.twin_id = k.twin_id and e.vote_key = k.vote_key order by e.seq desc limit 1
    ) l on true
    left join lateral (
      select ${trainedSql('e')} as live from persona_training_events e
      where e.twin_id = k.twin_id and e.vote_key = k.vote_key and e.seq <= s.claimed_seq order by e.seq desc limit 1
    ) t on true`);
  return new Map(rows.map((row) => [keyName(row), { ...row, seq: Number(row.seq) }]));
}

/** Body hash of each event id that a twin's ledger has; keyed by `<twin_id> <event_id>`. */
export async function readEventIds(
  db: Statements,
  events: readonly { twin_id: string; event_id: string }[],
): Promise<Map<string, string>> {
  if (events.length === 0) return new Map();
  const rows = await db.execute<{ twin_id: string; event_id: string; body_hash: string }>(sql`
    select e.twin_id, e.event_id, e.body_hash
    from jsonb_to_recordset(${json(events.map(({ twin_id, event_id }) => ({ twin_id, event_id })))}) as r(twin_id text, event_id text)
    join persona_training_events e on e.twin_id = r.twin_id and e.event_id = r.event_id`);
  return new Map(rows.map((row) => [`${row.twin_id} ${row.event_id}`, row.body_hash]));
}

/** Every column but those with a default. */
const COLUMNS = Object.values(getTableColumns(trainingEvents))
  .map(({ name }) => name)
  .filter((name) => name !== 'id' && name !== 'created_at')
  .join(', ');

export async function insertLedgerRows(tx: Statements, rows: readonly LedgerRow[]): Promise<void> {
  if (rows.length === 0) return;
  // One parameter however many rows: a statement of always the same text, and a third of the time of a values list.
  await tx.execute(sql`
    insert into persona_training_events (${sql.raw(COLUMNS)})
    select ${sql.raw(COLUMNS)} from jsonb_populate_recordset(null::persona_training_events, ${json(rows)})`);
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
    select count(*)::int as scanned, count(*) filter (where ${trainedSql('e')} and not exists (
      select from persona_training_events later where later.twin_id = e.twin_id
        and later.vote_key = e.vote_key and later.seq > e.seq and later.seq <= ${to}))::int as processed
    from persona_training_events e join twin_state s on s.twin_id = e.twin_id
    where e.twin_id = ${twinId} and e.seq > ${from} and e.seq <= ${to}`);
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
