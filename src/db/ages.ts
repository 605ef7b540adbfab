import { sql, type SQL } from 'drizzle-orm';
import type { Database, Reader, Transaction } from './client.ts';
import type { TwinStateRow } from './twin-lock.ts';

/** Rows that one transaction erases or deletes at most. */
export const AGE_BATCH = 1_000;

/** For how long things are kept, in days. */
export interface Retention {
  /** Texts, where their tenant says nothing else. */
  readonly textDays: number;
  /** Ledger rows: for as long as a snapshot may read them. */
  readonly voteDays: number;
}

/** Where a listing of twins goes on. */
export interface AgedTwin extends Record<string, unknown> {
  readonly twin_id: string;
  /** The bound that put it into the list, as Postgres writes an instant. */
  readonly since: string;
}

/** From when on a tenant's texts are of age; `t` is its row, `textDays` the instance's setting. now(), for the index. */
const textCutoff = (textDays: number): SQL =>
  sql`(now() - make_interval(days => coalesce(t.text_retention_days, ${textDays}::int)))`;

const pastCursor = (column: SQL, after: AgedTwin | undefined): SQL =>
  after === undefined ? sql`true` : sql`(${column}, s.twin_id) > (${after.since}::timestamptz, ${after.twin_id})`;

/** Twins at rest whose oldest texts may be of age, the oldest first: an index entry read for each, of any tenant. */
export async function findTwinsWithOldTexts(
  db: Reader,
  { textDays }: Retention,
  limit: number,
  after?: AgedTwin,
): Promise<AgedTwin[]> {
  return db.execute<AgedTwin>(sql`
    select due.twin_id, due.oldest_text_at::text as since
    from tenants t cross join lateral (
      select s.twin_id, s.oldest_text_at from twin_state s
      where s.tenant_id = t.id and s.oldest_text_at <= ${textCutoff(textDays)} and s.open_job_id is null
        and ${pastCursor(sql`s.oldest_text_at`, after)}
      order by s.oldest_text_at, s.twin_id limit ${limit}
    ) due
    order by due.oldest_text_at, due.twin_id limit ${limit}`);
}

/** Twins at rest whose oldest votes, taken by a run, may be of age; the oldest first. */
export async function findTwinsWithOldVotes(
  db: Reader,
  { voteDays }: Retention,
  limit: number,
  after?: AgedTwin,
): Promise<AgedTwin[]> {
  return db.execute<AgedTwin>(sql`
    select s.twin_id, s.oldest_vote_at::text as since
    from twin_state s
    where s.votes_deleted_seq < s.claimed_seq and s.oldest_vote_at <= now() - make_interval(days => ${voteDays}::int) and s.open_job_id is null
      and ${pastCursor(sql`s.oldest_vote_at`, after)}
    order by s.oldest_vote_at, s.twin_id limit ${limit}`);
}

export interface Cutoffs extends Record<string, unknown> {
  /** What came in up to these instants is of age. As Postgres writes them: a Date would lose microseconds. */
  readonly texts: string;
  readonly votes: string;
}

/**
 * What is of age in a twin that is locked. A vote is kept while a run of the tenant may read it again, by its snapshot,
 * or a probation by the instant of its version: both must give the same answer each time.
 */
export async function readCutoffs(
  tx: Transaction,
  state: TwinStateRow,
  { textDays, voteDays }: Retention,
): Promise<Cutoffs> {
  const [row] = await tx.execute<Cutoffs>(sql`
    select ${textCutoff(textDays)}::text as texts, (least(now(),
      (select min(n.as_of) from jobs j join persona_feedback_learning_runs r on r.job_id = j.id
        join learning_snapshots n on n.id = r.snapshot_id
        where j.tenant_id = t.id and j.status in ('queued', 'processing')),
      (select p.published_at from persona_specs p join twin_state s on s.twin_id = p.twin_id
        where p.twin_id = ${state.twin_id} and p.status = 'active' and s.probation_until > now())
    ) - make_interval(days => ${voteDays}::int))::text as votes
    from tenants t where t.id = ${state.tenant_id}`);
  if (row === undefined) throw new Error(`tenant ${state.tenant_id} is missing`);
  return row;
}

/** The rows (from, to] of a ledger are of age; `oldest` is no later than the arrival of what follows them. */
export interface AgedRange {
  readonly to: number;
  /** Null: not known, because the range ends for another reason than age. */
  readonly oldest: string | null;
}

/**
 * The rows after `from` and up to `upTo` that came in up to `cutoff`, a batch at most. Ages go by the ledger's order and
 * end at the first row that is not of age: so no row ever outlives a later one that replaced it.
 */
export async function readAgedRange(
  tx: Transaction,
  { twin_id, last_seq }: TwinStateRow,
  { from, upTo, cutoff }: { readonly from: number; readonly upTo: number; readonly cutoff: string },
): Promise<AgedRange> {
  const end = Math.min(upTo, from + AGE_BATCH);
  const [young] = await tx.execute<{ seq: string; created_at: string }>(sql`
    select e.seq, e.created_at::text from persona_training_events e
    where e.twin_id = ${twin_id} and e.seq > ${from} and e.seq <= ${end} and e.created_at > ${cutoff}::timestamptz
    order by e.seq limit 1`);
  if (young !== undefined) return { to: Number(young.seq) - 1, oldest: young.created_at };
  // Nothing is left: what comes in from here on is no older than this transaction, but for one that waits for its lock.
  return { to: end, oldest: end === last_seq ? 'now' : null };
}

/** Erases the texts of the rows (from, to]; how many had one. */
export async function eraseTexts(tx: Transaction, twinId: string, from: number, to: number): Promise<number> {
  const rows = await tx.execute(sql`
    update persona_training_events set query = null, answer = null, comment = null
    where twin_id = ${twinId} and seq > ${from} and seq <= ${to}
      and (query is not null or answer is not null or comment is not null) returning 1`);
  return rows.length;
}

/** Deletes the rows (from, to]; how many there were. */
export async function deleteVotes(tx: Transaction, twinId: string, from: number, to: number): Promise<number> {
  const rows = await tx.execute(sql`
    delete from persona_training_events where twin_id = ${twinId} and seq > ${from} and seq <= ${to} returning 1`);
  return rows.length;
}

export interface Ages {
  readonly texts_erased_seq: number;
  readonly votes_deleted_seq: number;
  /** Null leaves the bound as it is. */
  readonly oldest_text_at: string | null;
  readonly oldest_vote_at: string | null;
}

/** Writes how far the ages of a locked twin's ledger have come. */
export async function updateAges(tx: Transaction, twinId: string, ages: Ages): Promise<void> {
  await tx.execute(sql`
    update twin_state set texts_erased_seq = ${ages.texts_erased_seq}, votes_deleted_seq = ${ages.votes_deleted_seq},
      oldest_text_at = coalesce(${ages.oldest_text_at}::timestamptz, oldest_text_at),
      oldest_vote_at = coalesce(${ages.oldest_vote_at}::timestamptz, oldest_vote_at)
    where twin_id = ${twinId}`);
}

/** Rows of a table with a tenant that are of age, a batch of them, locked; what somebody else holds is left. */
const oldRows = (table: string, textDays: number, where: SQL): SQL => sql`
  array(select o.ctid from tenants t cross join lateral (
    select r.ctid from ${sql.raw(table)} r where r.tenant_id = t.id and r.created_at <= ${textCutoff(textDays)} and ${where}
    order by r.created_at limit ${AGE_BATCH} for update skip locked
  ) o limit ${AGE_BATCH})`;

/** Erases the questions of a batch of recorded prompts that are of age; how many. */
export async function eraseOldQueries(db: Database, { textDays }: Retention): Promise<number> {
  // By their places, which the locks keep: joined by key, the planner would read the table for a full batch.
  const rows = await db.execute(sql`
    update prompt_traces set query = null
    where ctid = any(${oldRows('prompt_traces', textDays, sql`r.query is not null`)}) returning 1`);
  return rows.length;
}

/** Deletes a batch of a language model's answers that are as old as the texts they may quote; how many. */
export async function deleteOldAnswers(db: Database, { textDays }: Retention): Promise<number> {
  const rows = await db.execute(sql`
    delete from llm_answers where ctid = any(${oldRows('llm_answers', textDays, sql`true`)}) returning 1`);
  return rows.length;
}
