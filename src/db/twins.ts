import { and, desc, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import type { LearningStatus } from '../learning/state.ts';
import type { Reader, Transaction } from './client.ts';
import { readTwinFacts } from './learning-facts.ts';
import { byTime, cursorAfter, toPage, type Page, type PageRequest } from './page.ts';
import { jobs } from './schema/jobs.ts';
import { learningRuns } from './schema/learning.ts';
import { personaSpecs } from './schema/persona.ts';
import { twins, twinState } from './schema/twins.ts';
import type { TwinStateRow } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

export type TwinRow = typeof twins.$inferSelect;

/** A twin with what its status is derived from. */
export interface TwinStanding {
  readonly twin: TwinRow;
  readonly state: TwinStateRow;
  readonly now: Date;
  readonly open: Pick<typeof jobs.$inferSelect, 'step'> | null;
  readonly held: Pick<typeof personaSpecs.$inferSelect, 'version' | 'gate_report'> | null;
  readonly last_run: Pick<typeof learningRuns.$inferSelect, 'candidate_version' | 'reason'> | null;
}

/** The twin, for whoever may see it: undefined for another tenant's, and for one that is deleted. */
export async function findTwin(db: Reader, ref: TwinRef): Promise<TwinRow | undefined> {
  const [row] = await db
    .select()
    .from(twins)
    .where(and(eq(twins.id, ref.id), eq(twins.tenant_id, ref.tenant_id), isNull(twins.deleted_at)));
  return row;
}

/** Whether the tenant has the twin, or had it: a tombstone is enough. */
export async function findTwinEver(db: Reader, ref: TwinRef): Promise<boolean> {
  const rows = await db
    .select({ id: twins.id })
    .from(twins)
    .where(and(eq(twins.id, ref.id), eq(twins.tenant_id, ref.tenant_id)));
  return rows.length > 0;
}

/** False when the id was ever given away, by any tenant: a deleted twin's stays its own. */
export async function insertTwin(
  tx: Transaction,
  twin: TwinRef & { readonly name: string },
  policy: Partial<typeof twinState.$inferInsert>,
): Promise<boolean> {
  const { id, tenant_id, name } = twin;
  const rows = await tx.insert(twins).values({ id, tenant_id, name }).onConflictDoNothing().returning({ id: twins.id });
  if (rows.length === 0) return false;
  // Nothing of it is older than the twin itself.
  const ages = { oldest_text_at: sql`now()` as never, oldest_vote_at: sql`now()` as never };
  await tx.insert(twinState).values({ ...policy, ...ages, twin_id: id, tenant_id });
  return true;
}

/**
 * What each state takes of a twin's row at least, so that a list of few reads few. Which state it is `keep` says, by the
 * one rule; an index of twin_state or of the specs has each condition but the last.
 */
const AT_LEAST: Readonly<Record<LearningStatus['state'], SQL>> = {
  paused: sql`${twinState.paused_at} is not null`,
  learning: sql`${twinState.open_job_id} is not null`,
  gating: sql`${twinState.open_job_id} is not null`,
  publishing: sql`${twinState.open_job_id} is not null`,
  backoff: sql`${twinState.backoff_until} is not null and ${twinState.backoff_until} > now()`,
  cooldown: sql`${twinState.cooldown_until} > now()`,
  held: sql`${personaSpecs.id} is not null`,
  probation: sql`${twinState.probation_until} is not null`,
  collecting: sql`${twinState.oldest_pending_at} is not null and ${twinState.open_job_id} is null
    and ${twinState.paused_at} is null`,
  idle: sql`${twinState.pending_events} = 0`,
};

/** Which twins of a list are wanted. */
export interface TwinFilter {
  readonly state: LearningStatus['state'];
  /** Whether the twin is in that state. */
  readonly keep: (twin: TwinStanding) => boolean;
}

/** Twins looked at in one query while looking for those in a state. */
const SCAN = 200;

/** A page of a tenant's twins, or of those in a state: that is derived, so a query can only leave out most of the others. */
export async function listTwins(
  db: Reader,
  tenantId: string,
  request: PageRequest,
  filter?: TwinFilter,
): Promise<Page<TwinStanding>> {
  const limit = filter === undefined ? request.limit : SCAN;
  const kept: { key: string; twin: TwinStanding }[] = [];
  let cursor = request.cursor;
  for (let full = true; full && kept.length <= request.limit;) {
    const rows = await readStandings(db, tenantId, { limit, cursor }, filter && AT_LEAST[filter.state]);
    kept.push(...rows.filter(({ twin }) => filter === undefined || filter.keep(twin)));
    const last = rows.at(-1);
    full = last !== undefined && rows.length > limit;
    if (last !== undefined) cursor = cursorAfter(last);
  }
  return toPage(request, kept, ({ twin }) => twin);
}

/** One row more than the limit, where there is one. */
async function readStandings(
  db: Reader,
  tenantId: string,
  request: PageRequest,
  atLeast: SQL | undefined,
): Promise<{ key: string; twin: TwinStanding }[]> {
  const keyset = byTime(request, twins.created_at, twins.id);
  const rows = await db
    .select({
      key: keyset.key,
      twin: twins,
      state: twinState,
      now: sql<string>`clock_timestamp()`,
      open: { step: jobs.step },
      held: { version: personaSpecs.version, gate_report: personaSpecs.gate_report },
    })
    .from(twins)
    .innerJoin(twinState, eq(twinState.twin_id, twins.id))
    .leftJoin(jobs, eq(jobs.id, twinState.open_job_id))
    .leftJoin(personaSpecs, and(eq(personaSpecs.twin_id, twins.id), eq(personaSpecs.review, 'held')))
    .where(
      and(
        eq(twins.tenant_id, tenantId),
        // Said of both, so that either is found by it.
        eq(twinState.tenant_id, tenantId),
        isNull(twins.deleted_at),
        atLeast,
        keyset.where,
      ),
    )
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  const runs = await lastRuns(
    db,
    rows.map((row) => row.twin.id),
  );
  return rows.map(({ key, now, ...row }) => ({
    key,
    twin: { ...row, now: new Date(now), last_run: runs.get(row.twin.id) ?? null },
  }));
}

/** One twin of a tenant; undefined as in `findTwin`. */
export async function readTwin(db: Reader, ref: TwinRef): Promise<TwinStanding | undefined> {
  const twin = await findTwin(db, ref);
  const facts = twin && (await readTwinFacts(db, ref.id));
  return facts && { ...facts, twin };
}

async function lastRuns(db: Reader, ids: string[]): Promise<Map<string, NonNullable<TwinStanding['last_run']>>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([learningRuns.twin_id], {
      twin_id: learningRuns.twin_id,
      candidate_version: learningRuns.candidate_version,
      reason: learningRuns.reason,
    })
    .from(learningRuns)
    .where(inArray(learningRuns.twin_id, ids))
    .orderBy(learningRuns.twin_id, desc(learningRuns.created_at), desc(learningRuns.id));
  return new Map(rows.map((row) => [row.twin_id, row]));
}
