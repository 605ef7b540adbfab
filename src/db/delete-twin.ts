import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { OpenDatabase, Transaction } from './client.ts';
import { jobLogs, jobs } from './schema/jobs.ts';
import { learningRuns, vetoes } from './schema/learning.ts';
import { trainingEvents } from './schema/ledger.ts';
import { llmAnswers } from './schema/llm.ts';
import { personaSpecs, promptTraces, regressionCases } from './schema/persona.ts';
import { twins, twinState } from './schema/twins.ts';
import { lockOwnTwin } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

/** Gone at once for every reader; its workflow purges the rows. False when there is none, or it is deleted already. */
export async function deleteTwin({ db }: OpenDatabase, ref: TwinRef, actor: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return false;
    await tx
      .update(twins)
      .set({ deleted_at: locked.now })
      .where(and(eq(twins.id, ref.id), isNull(twins.deleted_at)));
    await writeAudit(tx, { tenant_id: ref.tenant_id, twin_id: ref.id, actor, action: 'twin.delete' });
    return true;
  });
}

const BATCH = 5_000;

/** Deletes everything of a deleted twin but its tombstone and the audit log, in batches. Safe to repeat. */
export async function purgeTwin({ db }: OpenDatabase, twinId: string, progress: () => void): Promise<void> {
  let deleted = BATCH;
  while (deleted === BATCH) {
    deleted = await db.transaction(async (tx) => {
      await lockDeleted(tx, twinId);
      const rows = await tx.execute(sql`
        delete from persona_training_events where twin_id = ${twinId} and seq in (
          select seq from persona_training_events where twin_id = ${twinId} limit ${BATCH}) returning 1`);
      return rows.length;
    });
    progress();
  }
  await db.transaction(async (tx) => {
    await lockDeleted(tx, twinId);
    const ofTwin = tx.select({ id: jobs.id }).from(jobs).where(eq(jobs.twin_id, twinId));
    await tx.delete(jobLogs).where(inArray(jobLogs.job_id, ofTwin));
    const texts = [trainingEvents, promptTraces, llmAnswers];
    for (const table of [learningRuns, jobs, personaSpecs, regressionCases, vetoes, ...texts]) {
      await tx.delete(table).where(eq(table.twin_id, twinId));
    }
    await tx.delete(twinState).where(eq(twinState.twin_id, twinId));
    await tx
      .update(twins)
      .set({ purged_at: sql`clock_timestamp()`, name: '' })
      .where(eq(twins.id, twinId));
  });
}

/** The twin's lock as for every writer; nothing to lock once a purge has come to its end. */
async function lockDeleted(tx: Transaction, twinId: string): Promise<void> {
  await tx.select({ id: twinState.twin_id }).from(twinState).where(eq(twinState.twin_id, twinId)).for('update');
  const [twin] = await tx.select({ deleted_at: twins.deleted_at }).from(twins).where(eq(twins.id, twinId));
  if (twin !== undefined && twin.deleted_at === null) throw new Error(`twin ${twinId} is not deleted`);
}
