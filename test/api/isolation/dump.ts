import type { OpenDatabase } from '../../../src/db/client.ts';

/** Each row of each table as text, sorted. */
export type Dump = ReadonlyMap<string, readonly string[]>;

export async function dumpTables({ sql }: OpenDatabase): Promise<Dump> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`;
  const dump = new Map<string, string[]>();
  for (const { name } of tables) {
    const rows = await sql<{ row: string }[]>`select to_jsonb(t)::text as row from ${sql(name)} t order by 1`;
    dump.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return dump;
}

/** Only the rows that name one of `names`. */
export const rowsNaming = (dump: Dump, names: readonly string[]): Dump =>
  new Map([...dump].map(([table, rows]) => [table, rows.filter((row) => names.some((name) => row.includes(name)))]));
