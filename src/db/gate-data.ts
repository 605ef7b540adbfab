import { eq, sql } from 'drizzle-orm';
import type { RatedAnswer, RegressionCase } from '../gate/types.ts';
import { ANSWER_LIMITS, bytesFromNewest, type AnswerLimits } from './answer-limits.ts';
import type { Reader } from './client.ts';
import { regressionCases } from './schema/persona.ts';
import { trainedSql } from './trained.ts';

/** The newest rated answers of a twin that have a text, retracted and untrained ones left out; the replay set. */
export async function readRatedAnswers(
  db: Reader,
  twinId: string,
  limits: AnswerLimits = ANSWER_LIMITS,
): Promise<RatedAnswer[]> {
  const rows = await db.execute<Record<string, unknown> & RatedAnswer>(sql`
    select event_id, score, rater_id, intent_label, answer from (
      select persona_training_events.*, ${bytesFromNewest} as bytes from (
        select distinct on (vote_key) * from persona_training_events where twin_id = ${twinId} order by vote_key, seq desc
      ) persona_training_events join twin_state s on s.twin_id = persona_training_events.twin_id
      where answer is not null and ${trainedSql('persona_training_events')}
    ) newest
    where bytes <= ${limits.bytes} order by seq desc limit ${limits.answers}`);
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
