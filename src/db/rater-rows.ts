import { sql, type SQL } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';

/** A rater in a twin: the erasure goes twin by twin, because the ledger's indexes begin with the twin. */
export interface RaterInTwin {
  readonly twin_id: string;
  readonly rater_id: string;
}

/** What is stored of a rater in one twin, in rows, beside the ledger rows themselves. */
export interface RaterRows {
  /** Ledger rows: votes, those that they replaced, and retractions. */
  readonly votes: number;
  /** Of them, those that hold a comment, a question or an answer. */
  readonly texts: number;
  /** Recorded prompts of the traces voted on that hold a question. */
  readonly traces: number;
  /** Ledger rows of others on the same answer that hold the same question. */
  readonly copies: number;
  /** Kept answers of a language model, which may quote any text of the twin. */
  readonly llm_answers: number;
  /** Gate reports, of runs and specs, that name one of the votes. */
  readonly reports: number;
}

/** Ledger rows of a rater in a twin. */
export const raterVotes = ({ twin_id, rater_id }: RaterInTwin): SQL =>
  sql`(select * from persona_training_events where twin_id = ${twin_id} and rater_id = ${rater_id})`;

/** `e` is a ledger row of somebody else that carries a question of the rater's, on the same trace. */
export const isCopy = (who: RaterInTwin): SQL => sql`
  e.twin_id = ${who.twin_id} and e.rater_id is distinct from ${who.rater_id} and e.query is not null
    and (e.trace_id, e.query) in (select v.trace_id, v.query from ${raterVotes(who)} v where v.query is not null)`;

/** `p` is a recorded prompt with a question on which the rater has voted. */
export const isTraceOf = (who: RaterInTwin): SQL => sql`
  p.twin_id = ${who.twin_id} and p.query is not null and p.trace_id in (select v.trace_id from ${raterVotes(who)} v)`;

/** Tables with a gate report. */
export const REPORTED = ['persona_specs', 'persona_feedback_learning_runs'] as const;

/** The ids of the rater's votes that the gate report of `r` names, each a row of `named`. */
export const namedIn = (who: RaterInTwin): SQL => sql`
  select v.event_id from jsonb_path_query(r.gate_report, '$.checks[*].data.event_ids[*]') named
  join persona_training_events v on v.twin_id = r.twin_id and v.event_id = named #>> '{}' and v.rater_id = ${who.rater_id}`;

/**
 * Joins by hash for as long as `work` takes: of a ledger that has just been imported the planner knows nothing, takes a
 * rater's votes for few, and would go through all of them for each row of the twin.
 */
export async function joiningByHash<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  await tx.execute(sql`set local enable_nestloop = off`);
  const result = await work();
  await tx.execute(sql`set local enable_nestloop = on`);
  return result;
}

/** Counts what an erasure of the rater in this twin would find. */
export async function countRaterRows(tx: Transaction, who: RaterInTwin): Promise<RaterRows> {
  const [rows] = await joiningByHash(tx, () =>
    tx.execute<Record<string, unknown> & Omit<RaterRows, 'reports'>>(sql`
      select
        (select count(*) from ${raterVotes(who)} v)::int as votes,
        (select count(*) from ${raterVotes(who)} v
          where v.comment is not null or v.query is not null or v.answer is not null)::int as texts,
        (select count(*) from prompt_traces p where ${isTraceOf(who)})::int as traces,
        (select count(*) from persona_training_events e where ${isCopy(who)})::int as copies,
        (select count(*) from llm_answers where twin_id = ${who.twin_id})::int as llm_answers`),
  );
  // These by the votes' index, a few ids each.
  const inReports = REPORTED.map(
    (table) => sql`(select count(*) from ${sql.identifier(table)} r
      where r.twin_id = ${who.twin_id} and exists (${namedIn(who)}))`,
  );
  const [reports] = await tx.execute<{ n: number }>(sql`select (${sql.join(inReports, sql` + `)})::int as n`);
  if (rows === undefined || reports === undefined) throw new Error('counting gave no row');
  return { ...rows, reports: reports.n };
}

/** Regression cases, 100 at most, that repeat a question or an answer of the rater's votes word for word. */
export async function findCasesLike(db: Reader, who: RaterInTwin): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    with v as materialized (select query, answer, comment from ${raterVotes(who)} all_of_them)
    select c.id from regression_cases c where c.twin_id = ${who.twin_id} and exists (
      select from v where v.query = c.body ->> 'query'
        or exists (select from jsonb_array_elements(c.body -> 'answers') a where a ->> 'text' in (v.answer, v.comment)))
    order by c.id limit 100`);
  return rows.map(({ id }) => id);
}

/** Ids of a tenant's twins that may hold votes: deleted ones too, until they are purged, unless `living`. */
export async function listTwinIds(
  db: Reader,
  tenantId: string,
  { living = false }: { readonly living?: boolean } = {},
): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from twins where tenant_id = ${tenantId} and purged_at is null
      and ${living ? sql`deleted_at is null` : sql`true`} order by id`);
  return rows.map(({ id }) => id);
}

/** Twins that are looked at in one statement. */
const TWINS = 100;

/** Whether a rater has rows in a twin, and the highest number that was given there when it was looked at. */
export interface RaterFound {
  readonly twin_id: string;
  readonly last_seq: number;
  readonly found: boolean;
}

/** Looks into twins in pages, twin by twin through the ledger's own index, whatever other tenants hold. */
export async function* findRater(db: Reader, twinIds: readonly string[], raterId: string): AsyncGenerator<RaterFound> {
  for (let from = 0; from < twinIds.length; from += TWINS) {
    const ids = twinIds.slice(from, from + TWINS);
    // In the order of the index: else the planner may take the first rows of the whole ledger for as good.
    yield* await db.execute<Record<string, unknown> & RaterFound>(sql`
      select s.twin_id, s.last_seq::float8 as last_seq, e.one is not null as found
      from unnest(${sql.param(ids)}::text[]) t(id) join twin_state s on s.twin_id = t.id
      left join lateral (
        select 1 as one from persona_training_events e where e.twin_id = t.id and e.rater_id = ${raterId} order by e.seq limit 1
      ) e on true order by t.id`);
  }
}

/** Rows that name a rater after its erasure: of what was there then, and of what came in since. */
export interface RaterLeft {
  readonly remaining: number;
  readonly new_votes: number;
}

/** Counts anew what names a rater in the ledgers of twins. */
export async function countVotesLeft(
  db: Reader,
  raterId: string,
  /** Of each twin the highest ledger number that the erasure covered; 0 for a twin that was not there yet. */
  covered: readonly { readonly twin_id: string; readonly up_to: number }[],
): Promise<RaterLeft> {
  let [remaining, new_votes] = [0, 0];
  for (let from = 0; from < covered.length; from += TWINS) {
    const page = JSON.stringify(covered.slice(from, from + TWINS));
    // The offset keeps each twin's count to itself, by the index, instead of a join with the whole ledger.
    const [row] = await db.execute<{ remaining: number; new_votes: number }>(sql`
      select coalesce(sum(e.old), 0)::int as remaining, coalesce(sum(e.new), 0)::int as new_votes
      from json_to_recordset(${page}::json) as t(twin_id text, up_to int8) cross join lateral (
        select count(*) filter (where e.seq <= t.up_to) as old, count(*) filter (where e.seq > t.up_to) as new
        from persona_training_events e where e.twin_id = t.twin_id and e.rater_id = ${raterId} offset 0
      ) e`);
    remaining += row?.remaining ?? Number.NaN;
    new_votes += row?.new_votes ?? Number.NaN;
  }
  return { remaining, new_votes };
}

/** Audit rows that name the rater by this hash: those of `removeRater`. */
export const isAuditOf = (tenantId: string, hash: string): SQL =>
  sql`tenant_id = ${tenantId} and action = 'rater.remove' and detail ->> 'rater' = ${hash}`;

export async function countAuditOf(db: Reader, tenantId: string, hash: string): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from audit_log where ${isAuditOf(tenantId, hash)}`);
  return row?.n ?? Number.NaN;
}
