import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import { unique, type Cast } from './support.ts';

/** Stands in every field that may say who a rater is or what they said; a search for it finds each trace of them. */
export const CANARY = 'canary';
export const RATER = `${CANARY}@example.org`;
export const NONE = { votes: 0, texts: 0, traces: 0, copies: 0, llm_answers: 0, reports: 0, audit: 0 };

export const said = (more: Cast = {}): Cast => {
  const name = unique(CANARY);
  return {
    rater_id: RATER,
    event_id: `event.${name}`,
    trace_id: `trace.${name}`,
    message_id: `message.${name}`,
    conversation_id: name,
    score: -1,
    reason: 'unclear',
    comment: `${name} says`,
    query: `${name} asks`,
    answer: `${name}, you asked`,
    ...more,
  };
};

/** Rows of any table that hold one of the texts in any column, by table. */
export async function rowsWith(db: Database, texts: readonly string[]): Promise<Record<string, number>> {
  const tables = await db.execute<{ name: string }>(sql`
    select table_name as name from information_schema.tables where table_schema = 'public'`);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await db.execute<{ n: number }>(sql`
      select count(*)::int as n from ${sql.identifier(name)} r
      where exists (select from unnest(${sql.param(texts)}::text[]) t where strpos(to_jsonb(r)::text, t) > 0)`);
    if (row!.n > 0) counts[name] = row!.n;
  }
  return counts;
}
