import { and, eq, ne, sql } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import { vetoes } from './schema/learning.ts';
import { personaSpecs } from './schema/persona.ts';
import { updateTwinState } from './twin-lock.ts';
import type { SpecReview } from './vocabulary.ts';

const DAY_MS = 86_400_000;

export type SpecRow = typeof personaSpecs.$inferSelect;
export type NewSpec = typeof personaSpecs.$inferInsert;

export async function readSpecRow(db: Reader, twinId: string, version: string): Promise<SpecRow | undefined> {
  const [row] = await db
    .select()
    .from(personaSpecs)
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.version, version)));
  return row;
}

/** The live spec of a twin; undefined while it has none. */
export async function readActiveSpec(db: Reader, twinId: string): Promise<SpecRow | undefined> {
  const [row] = await db
    .select()
    .from(personaSpecs)
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.status, 'active')));
  return row;
}

/** Every version number the twin ever gave away: none is used twice. */
export async function takenVersions(db: Reader, twinId: string): Promise<string[]> {
  const rows = await db
    .select({ version: personaSpecs.version })
    .from(personaSpecs)
    .where(eq(personaSpecs.twin_id, twinId));
  return rows.map((row) => row.version);
}

export async function insertSpec(tx: Transaction, spec: NewSpec): Promise<SpecRow> {
  // The clock under the lock, so that versions are listed in the order of their numbers.
  const [row] = await tx
    .insert(personaSpecs)
    .values({ ...spec, created_at: sql`clock_timestamp()` as never })
    .returning();
  if (row === undefined) throw new Error('insert into persona_specs gave no row');
  return row;
}

export async function updateSpec(
  tx: Transaction,
  twinId: string,
  version: string,
  change: Partial<NewSpec>,
): Promise<SpecRow> {
  const [row] = await tx
    .update(personaSpecs)
    .set(change)
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.version, version)))
    .returning();
  if (row === undefined) throw new Error(`twin ${twinId} has no spec ${version}`);
  return row;
}

/** Ends the draft of a run that came to nothing; one that is live by now stays so. */
export async function supersedeDraft(tx: Transaction, twinId: string, version: string): Promise<void> {
  await tx
    .update(personaSpecs)
    .set({ review: 'superseded', status: 'archived' })
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.version, version), eq(personaSpecs.status, 'draft')));
}

/** At most one candidate is held: a newer one, or any publish, ends the one before. Its version, or undefined. */
export async function supersedeHeld(tx: Transaction, twinId: string, except: string): Promise<string | undefined> {
  const [row] = await tx
    .update(personaSpecs)
    .set({ review: 'superseded', status: 'archived' })
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.review, 'held'), ne(personaSpecs.version, except)))
    .returning({ version: personaSpecs.version });
  return row?.version;
}

export interface Activation {
  /** `key:<id>` or `job:<id>`. */
  readonly published_by: string;
  readonly reason: string | null;
  readonly acknowledged: string[] | null;
  readonly review: SpecReview | null;
  /** Days that the version is watched after this, for a learned one whose prompts differ; absent: not watched. */
  readonly probation_days?: number | undefined;
}

/**
 * The atomic switch, under the twin's lock: the live spec is archived, this one is live, a held one is superseded.
 * The caller has compared the live version with the one it meant to replace.
 */
export async function activateSpec(
  tx: Transaction,
  twinId: string,
  version: string,
  activation: Activation,
): Promise<SpecRow> {
  await supersedeHeld(tx, twinId, version);
  await endProbation(tx, twinId, 'kept');
  await tx
    .update(personaSpecs)
    .set({ status: 'archived' })
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.status, 'active')));
  const [clock] = await tx.execute<{ now: string }>(sql`select clock_timestamp() as now`);
  const published_at = new Date(clock?.now ?? Number.NaN);
  const { probation_days, ...row } = activation;
  await updateTwinState(tx, twinId, {
    active_version: version,
    probation_until: probation_days === undefined ? null : new Date(published_at.getTime() + probation_days * DAY_MS),
  });
  return updateSpec(tx, twinId, version, {
    ...row,
    status: 'active',
    published_at,
    published_seq: sql`(select last_seq from twin_state where twin_id = ${twinId})` as never,
    probation: probation_days === undefined ? null : 'running',
  });
}

/** Ends the probation that runs, if any: another publish keeps what it replaces, a rollback says so before it. */
export async function endProbation(
  tx: Transaction,
  twinId: string,
  outcome: 'kept' | 'undecided' | 'rolled_back',
): Promise<void> {
  await tx
    .update(personaSpecs)
    .set({ probation: outcome, probation_ended_at: sql`clock_timestamp()` as never })
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.probation, 'running')));
  await updateTwinState(tx, twinId, { probation_until: null });
}

export type NewVeto = typeof vetoes.$inferInsert;

export async function insertVetoes(tx: Transaction, rows: readonly NewVeto[]): Promise<void> {
  // Not now(), the start of a transaction that may have waited: a run between must see the same vetoes twice.
  const created_at = sql`clock_timestamp()` as never;
  if (rows.length > 0) await tx.insert(vetoes).values(rows.map((row) => ({ ...row, created_at })));
}
