import { and, eq, gt, inArray, isNull, lte, ne, sql, type SQL } from 'drizzle-orm';
import type { RuleVote } from '../learning/rules/types.ts';
import type { LedgerEvent, Veto } from '../learning/types.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { ANSWER_LIMITS, bytesFromNewest, type AnswerLimits } from './answer-limits.ts';
import type { Database, Reader } from './client.ts';
import { learningSnapshots, vetoes } from './schema/learning.ts';
import { trainingEvents } from './schema/ledger.ts';
import { personaSpecs } from './schema/persona.ts';
import { twins, twinState } from './schema/twins.ts';
import { trains } from './trained.ts';

export type SnapshotRow = typeof learningSnapshots.$inferSelect;

const DAY_MS = 86_400_000;

/** Which votes and texts a computation may use, whether or not it is kept. */
export type SnapshotContent = Pick<SnapshotRow, 'tenant_id' | 'as_of' | 'seqs' | 'versions'>;

/** Everything a tenant's twins have now, by the highest number of each ledger. */
export async function describeNow(db: Reader, tenantId: string): Promise<SnapshotContent> {
  const rows = await db
    .select({ id: twinState.twin_id, seq: twinState.last_seq, version: twinState.active_version })
    .from(twinState)
    .innerJoin(twins, eq(twins.id, twinState.twin_id))
    // The tenant twice: of two tables each finds its own by it, and neither is read from end to end.
    .where(and(eq(twinState.tenant_id, tenantId), eq(twins.tenant_id, tenantId), isNull(twins.deleted_at)));
  const [clock] = await db.execute<{ as_of: string }>(
    sql`select date_trunc('milliseconds', clock_timestamp()) as as_of`,
  );
  return {
    tenant_id: tenantId,
    as_of: new Date(clock?.as_of ?? Number.NaN),
    seqs: Object.fromEntries(rows.map((row) => [row.id, row.seq])),
    versions: Object.fromEntries(rows.flatMap((row) => (row.version === null ? [] : [[row.id, row.version]]))),
  };
}

/** Names the votes a run may use: everything a tenant's twins have now. */
export async function createSnapshot(db: Database, tenantId: string): Promise<SnapshotRow> {
  return db.transaction(async (tx) => {
    const [snapshot] = await tx
      .insert(learningSnapshots)
      .values(await describeNow(tx, tenantId))
      .returning();
    if (snapshot === undefined) throw new Error('insert into learning_snapshots gave no row');
    return snapshot;
  });
}

export async function readSnapshot(db: Reader, id: string): Promise<SnapshotRow> {
  const [row] = await db.select().from(learningSnapshots).where(eq(learningSnapshots.id, id));
  if (row === undefined) throw new Error(`learning snapshot ${id} is missing`);
  return row;
}

/** A row's arrival: an old vote that came in lately has replaced what came before it. A day more, for clocks. */
const arrivedWithin = ({ as_of }: SnapshotContent, horizonDays: number) =>
  gt(trainingEvents.created_at, new Date(as_of.getTime() - (horizonDays + 1) * DAY_MS));

type Standing = Pick<typeof trainingEvents.$inferSelect, 'score' | 'interaction_context' | 'occurred_at'> &
  Pick<typeof twinState.$inferSelect, 'train_from'>;

/** What a row stands for. One from a context that does not train is no vote, but it has replaced what came before it. */
function standingOf(row: Standing, { as_of }: SnapshotContent): Pick<LedgerEvent, 'kind' | 'score' | 'occurred_at'> {
  const trained = row.score !== 0 && trains(row.interaction_context, row.train_from);
  return {
    kind: trained ? 'vote' : 'retraction',
    score: trained ? row.score : 0,
    // The run has taken it, so it counts, although its sender's clock runs ahead.
    occurred_at: Math.min(row.occurred_at.getTime(), as_of.getTime()),
  };
}

/**
 * Gives what is equal in different rows as one: a row of a hundred thousand has its own strings and modules otherwise,
 * which is most of what a ledger takes.
 */
function sharer() {
  const texts = new Map<string, string>();
  const text = (one: string): string => {
    const first = texts.get(one);
    if (first !== undefined) return first;
    texts.set(one, one);
    return one;
  };
  const known = new Map<string, LedgerEvent['modules'][number]>();
  const modules = (all: LedgerEvent['modules']): LedgerEvent['modules'] =>
    all.map((module) => {
      const key = `${module.id}\u0000${module.hash}`;
      const first = known.get(key) ?? module;
      if (first === module) known.set(key, module);
      return first;
    });
  return { text, modules };
}

/** Rows as they are read weigh many times what is kept of them: so only so many are in memory at once. */
const PAGE_ROWS = 10_000;

/** The ledgers of a snapshot in parts of at most a page each: some whole ledgers, or a stretch of a long one. */
function pagesOf(seqs: SnapshotContent['seqs']): SQL[] {
  const pages: SQL[] = [];
  let twinIds: string[] = [];
  let rows = 0;
  const endPage = (): void => {
    if (twinIds.length > 0) pages.push(sql`${trainingEvents.twin_id} = any(${sql.param(twinIds)}::text[])`);
    twinIds = [];
    rows = 0;
  };
  for (const [id, last] of Object.entries(seqs)) {
    for (let from = 0; last > PAGE_ROWS && from < last; from += PAGE_ROWS) {
      const { twin_id, seq } = trainingEvents;
      pages.push(sql`${twin_id} = ${id} and ${seq} > ${from} and ${seq} <= ${Math.min(from + PAGE_ROWS, last)}`);
    }
    if (last === 0 || last > PAGE_ROWS) continue;
    if (rows + last > PAGE_ROWS) endPage();
    twinIds.push(id);
    rows += last;
  }
  endPage();
  return pages;
}

/** The ledger rows of a snapshot, without any text; those that came in up to `horizonDays` before its instant. */
export async function readSnapshotEvents(
  db: Reader,
  snapshot: SnapshotContent,
  horizonDays: number,
): Promise<LedgerEvent[]> {
  const shared = sharer();
  const events: LedgerEvent[] = [];
  for (const page of pagesOf(snapshot.seqs)) {
    for (const row of await readPage(db, snapshot, horizonDays, page)) {
      if (row.seq > (snapshot.seqs[row.twin_id] ?? 0)) continue;
      events.push({
        ...standingOf(row, snapshot),
        event_id: row.event_id,
        twin_id: shared.text(row.twin_id),
        vote_key: row.vote_key,
        rater_id: row.rater_id === null ? null : shared.text(row.rater_id),
        source: row.source === 'persona_audit' ? 'judge' : 'user',
        intent_label: shared.text(row.intent_label) as typeof row.intent_label,
        modules: shared.modules(row.modules),
        seq: row.seq,
      });
    }
  }
  return events;
}

function readPage(db: Reader, snapshot: SnapshotContent, horizonDays: number, page: SQL) {
  return db
    .select({
      event_id: trainingEvents.event_id,
      twin_id: trainingEvents.twin_id,
      vote_key: trainingEvents.vote_key,
      score: trainingEvents.score,
      rater_id: trainingEvents.rater_id,
      source: trainingEvents.source,
      intent_label: trainingEvents.intent_label,
      modules: trainingEvents.modules,
      occurred_at: trainingEvents.occurred_at,
      seq: trainingEvents.seq,
      interaction_context: trainingEvents.interaction_context,
      train_from: twinState.train_from,
    })
    .from(trainingEvents)
    .innerJoin(twinState, eq(twinState.twin_id, trainingEvents.twin_id))
    .where(and(page, eq(twinState.tenant_id, snapshot.tenant_id), arrivedWithin(snapshot, horizonDays)));
}

/**
 * One twin's ledger rows of a snapshot with reason, comment and answer, as rules are learned from them. People's only: a
 * judge's result is left out. The same rows for every reader of the snapshot, whatever comes in later.
 */
export async function readSnapshotTexts(
  db: Reader,
  snapshot: SnapshotContent,
  twinId: string,
  horizonDays: number,
  limits: AnswerLimits = ANSWER_LIMITS,
): Promise<RuleVote[]> {
  const last = snapshot.seqs[twinId] ?? 0;
  const rows = await db
    .select({
      event_id: trainingEvents.event_id,
      vote_key: trainingEvents.vote_key,
      score: trainingEvents.score,
      rater_id: trainingEvents.rater_id,
      intent_label: trainingEvents.intent_label,
      reason: trainingEvents.reason,
      comment: trainingEvents.comment,
      answer: sql<string | null>`case when ${trainingEvents.seq} > ${last - limits.answers}
        and ${bytesFromNewest} <= ${limits.bytes} then ${trainingEvents.answer} end`,
      occurred_at: trainingEvents.occurred_at,
      seq: trainingEvents.seq,
      interaction_context: trainingEvents.interaction_context,
      train_from: twinState.train_from,
    })
    .from(trainingEvents)
    .innerJoin(twinState, eq(twinState.twin_id, trainingEvents.twin_id))
    .where(
      and(
        eq(twinState.tenant_id, snapshot.tenant_id),
        eq(trainingEvents.twin_id, twinId),
        lte(trainingEvents.seq, last),
        ne(trainingEvents.source, 'persona_audit'),
        arrivedWithin(snapshot, horizonDays),
      ),
    );
  return rows.map(({ interaction_context, train_from, ...row }) => ({
    ...row,
    ...standingOf({ ...row, interaction_context, train_from }, snapshot),
  }));
}

/** The specs that a snapshot's twins published then, by twin id. */
export async function readSnapshotSpecs(
  db: Reader,
  snapshot: Pick<SnapshotContent, 'versions'>,
): Promise<Map<string, PersonaSpec>> {
  const twinIds = Object.keys(snapshot.versions);
  if (twinIds.length === 0) return new Map();
  const rows = await db
    .select({ twin_id: personaSpecs.twin_id, version: personaSpecs.version, spec: personaSpecs.spec })
    .from(personaSpecs)
    .where(
      and(inArray(personaSpecs.twin_id, twinIds), inArray(personaSpecs.version, Object.values(snapshot.versions))),
    );
  return new Map(
    rows.filter((row) => snapshot.versions[row.twin_id] === row.version).map((row) => [row.twin_id, row.spec]),
  );
}

/** Vetoes in force at an instant; a run and its gate ask for the same one. */
export async function readVetoesAt(db: Reader, twinId: string, at: Date): Promise<Veto[]> {
  return db
    .select({
      id: vetoes.id,
      path: vetoes.path,
      op: vetoes.op,
      to: vetoes.to,
      effective_votes: vetoes.effective_votes,
      events: vetoes.events,
    })
    .from(vetoes)
    .where(
      and(
        eq(vetoes.twin_id, twinId),
        lte(vetoes.created_at, at),
        sql`(${vetoes.cleared_at} is null or ${vetoes.cleared_at} > ${at.toISOString()}::timestamptz)`,
      ),
    )
    .orderBy(vetoes.created_at, vetoes.id);
}
