import { sql } from 'drizzle-orm';
import type { OpenDatabase } from '../../src/db/client.ts';

/** Where what people wrote is meant to be stored; docs/privacy.md says for how long. */
export const MEANT: ReadonlySet<string> = new Set([
  'persona_training_events.comment',
  'persona_training_events.query',
  'persona_training_events.answer',
  'prompt_traces.query',
]);

/** Columns of any table in which some row holds the text, as `table.column`, in order. */
export async function columnsHolding({ db }: OpenDatabase, text: string): Promise<string[]> {
  const columns = await db.execute<{ table: string; column: string }>(sql`
    select c.table_name as table, c.column_name as column
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1, 2`);
  const holding: string[] = [];
  for (const { table, column } of columns) {
    const [row] = await db.execute<{ held: boolean }>(sql`
      select exists (select from ${sql.identifier(table)} where strpos(${sql.identifier(column)}::text, ${text}) > 0) as held`);
    if (row?.held === true) holding.push(`${table}.${column}`);
  }
  return holding;
}
