import { and, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Reader, Transaction } from './client.ts';
import type { JobRow, RunRow } from './open-jobs.ts';
import { jobs } from './schema/jobs.ts';
import { learningRuns, vetoes } from './schema/learning.ts';
import { personaSpecs } from './schema/persona.ts';
import { twins, twinState } from './schema/twins.ts';
import type { SpecRow } from './spec-writes.ts';
import { trainedSql } from './trained.ts';
import type { TwinStateRow } from './twin-lock.ts';

export interface TwinFacts {
  readonly state: TwinStateRow;
  readonly now: Date;
  readonly open: Pick<JobRow, 'id' | 'status' | 'step'> | null;
  readonly held: Pick<SpecRow, 'version' | 'gate_report'> | null;
  readonly last_run: Omit<RunRow, 'gate_report'> | null;
}

/** Of a held spec and of a run only what tells where the twin stands: every plan reads it. */
const { gate_report: _report, ...RUN_COLUMNS } = getTableColumns(learningRuns);

/** All that explains where a twin stands, of one instant when `db` is a transaction; undefined when it is gone. */
export async function readTwinFacts(db: Reader, twinId: string): Promise<TwinFacts | undefined> {
  const [row] = await db
    .select({
      state: twinState,
      now: sql<string>`clock_timestamp()`,
      open: { id: jobs.id, status: jobs.status, step: jobs.step },
      held: { version: personaSpecs.version, gate_report: personaSpecs.gate_report },
    })
    .from(twinState)
    .innerJoin(twins, and(eq(twins.id, twinState.twin_id), isNull(twins.deleted_at)))
    .leftJoin(jobs, eq(jobs.id, twinState.open_job_id))
    .leftJoin(personaSpecs, and(eq(personaSpecs.twin_id, twinState.twin_id), eq(personaSpecs.review, 'held')))
    .where(eq(twinState.twin_id, twinId));
  if (row === undefined) return undefined;
  const [last_run] = await db
    .select(RUN_COLUMNS)
    .from(learningRuns)
    .where(eq(learningRuns.twin_id, twinId))
    .orderBy(desc(learningRuns.created_at), desc(learningRuns.id))
    .limit(1);
  return { ...row, now: new Date(row.now), last_run: last_run ?? null };
}

export type VetoRow = typeof vetoes.$inferSelect;

/** Vetoes in force now, oldest first. */
export async function readVetoes(db: Reader, twinId: string): Promise<VetoRow[]> {
  return db
    .select()
    .from(vetoes)
    .where(and(eq(vetoes.twin_id, twinId), isNull(vetoes.cleared_at)))
    .orderBy(vetoes.created_at, vetoes.id);
}

/** Votes that stand in the ledger and do not train, because of the context they came from. */
export async function countUntrained(db: Reader, twinId: string): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from persona_training_events e join twin_state s on s.twin_id = e.twin_id
    where e.twin_id = ${twinId} and e.score <> 0 and not ${trainedSql('e')} and not exists (
      select from persona_training_events later
      where later.twin_id = e.twin_id and later.vote_key = e.vote_key and later.seq > e.seq)`);
  return row?.count ?? 0;
}

/** False when the twin has no such veto in force. */
export async function clearVetoRow(
  tx: Transaction,
  twinId: string,
  id: string,
  actor: string,
  now: Date,
): Promise<boolean> {
  const cleared = await tx
    .update(vetoes)
    .set({ cleared_at: now, cleared_by: actor })
    .where(and(eq(vetoes.twin_id, twinId), eq(vetoes.id, id), isNull(vetoes.cleared_at)))
    .returning({ id: vetoes.id });
  return cleared.length === 1;
}
