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

/** Whose a row is, by the column that says so; a row's own id does where it is a tenant, a twin or a job. */
interface Owner {
  readonly tenant: string;
  readonly id: string;
  readonly job_id: string;
}

function isOf(table: string, text: string, { tenant, id, job_id }: Owner): boolean {
  const row = JSON.parse(text) as Record<string, unknown>;
  const own = { tenants: tenant, twins: id, jobs: job_id }[table];
  return (
    row['tenant_id'] === tenant ||
    row['twin_id'] === id ||
    row['job_id'] === job_id ||
    (own !== undefined && row['id'] === own)
  );
}

/** Only the rows of one tenant. */
export const rowsOf = (dump: Dump, owner: Owner): Dump =>
  new Map([...dump].map(([table, rows]) => [table, rows.filter((row) => isOf(table, row, owner))]));
