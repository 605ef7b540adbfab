import { eq, sql } from 'drizzle-orm';
import type { RecordedQuestion } from '../gate/behaviour/questions.ts';
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

/** Longer questions are not read: they would cost most of a comparison's time and say no more. */
const MAX_QUERY = 4_000;

/** The newest distinct questions of a twin's votes that train, each with the first of its votes by id. */
export async function readRecordedQuestions(db: Reader, twinId: string, limit = 1_000): Promise<RecordedQuestion[]> {
  const rows = await db.execute<Record<string, unknown> & RecordedQuestion>(sql`
    select min(event_id) as event_id, intent_label, channel, query from (
      select distinct on (vote_key) * from persona_training_events where twin_id = ${twinId} order by vote_key, seq desc
    ) votes join twin_state s on s.twin_id = votes.twin_id
    where length(query) between 1 and ${MAX_QUERY} and ${trainedSql('votes')}
    group by intent_label, channel, query order by max(seq) desc limit ${limit}`);
  return rows.map(({ event_id, intent_label, channel, query }) => ({ event_id, intent_label, channel, query }));
}

export async function readTwinCases(db: Reader, twinId: string): Promise<RegressionCase[]> {
  const rows = await db
    .select({ body: regressionCases.body })
    .from(regressionCases)
    .where(eq(regressionCases.twin_id, twinId))
    .orderBy(regressionCases.id);
  return rows.map((row) => row.body);
}
