import { eq, sql } from 'drizzle-orm';
import type { RatedAnswer, RegressionCase } from '../gate/types.ts';
import type { Reader } from './client.ts';
import { regressionCases } from './schema/persona.ts';
import { trainedSql } from './trained.ts';

/** The newest rated answers of a twin that have a text, retracted and untrained ones left out; the replay set. */
export async function readRatedAnswers(db: Reader, twinId: string, limit = 5_000): Promise<RatedAnswer[]> {
  const rows = await db.execute<Record<string, unknown> & RatedAnswer>(sql`
    select event_id, score, rater_id, intent_label, answer from (
      select distinct on (e.vote_key) e.* from persona_training_events e
      where e.twin_id = ${twinId} order by e.vote_key, e.seq desc
    ) e join twin_state s on s.twin_id = e.twin_id
    where e.answer is not null and ${trainedSql('e')}
    order by e.seq desc limit ${limit}`);
  return rows.map(({ event_id, score, rater_id, intent_label, answer }) => ({
    event_id,
    score,
    rater_id,
    intent_label,
    answer,
  }));
}

export async function readTwinCases(db: Reader, twinId: string): Promise<RegressionCase[]> {
  const rows = await db
    .select({ body: regressionCases.body })
    .from(regressionCases)
    .where(eq(regressionCases.twin_id, twinId))
    .orderBy(regressionCases.id);
  return rows.map((row) => row.body);
}
