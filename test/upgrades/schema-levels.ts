import { readdirSync, readFileSync } from 'node:fs';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { fileURLToPath } from 'node:url';
import type postgres from 'postgres';

const FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

interface Column {
  readonly name: string;
}

interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly foreignKeys: Readonly<Record<string, { readonly tableTo: string }>>;
}

/** A migration, and the tables as the code of its release knows them: what drizzle-kit wrote beside it. */
export interface Level {
  readonly tag: string;
  readonly statements: readonly string[];
  /** Those that others refer to come first. */
  readonly tables: readonly Table[];
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(`${FOLDER}/meta/${path}`, 'utf8')) as T;
}

/** All levels of the schema, oldest first. */
export function readLevels(): Level[] {
  const { entries } = read<{ entries: { tag: string }[] }>('_journal.json');
  const snapshots = readdirSync(`${FOLDER}/meta`).filter((name) => name.endsWith('_snapshot.json'));
  const files = readMigrationFiles({ migrationsFolder: FOLDER });
  return entries.map(({ tag }, index) => {
    const snapshot = snapshots.find((name) => name.startsWith(`${tag.slice(0, 4)}_`));
    const statements = files[index]?.sql;
    if (snapshot === undefined || statements === undefined) throw new Error(`migration ${tag} lacks its snapshot`);
    const { tables } = read<{ tables: Record<string, Table> }>(snapshot);
    return { tag, statements, tables: referredFirst(Object.values(tables)) };
  });
}

function referredFirst(tables: readonly Table[]): Table[] {
  const sorted: Table[] = [];
  const add = (table: Table): void => {
    if (sorted.includes(table)) return;
    for (const { tableTo } of Object.values(table.foreignKeys)) {
      const referred = tables.find(({ name }) => name === tableTo);
      if (referred !== undefined && referred !== table) add(referred);
    }
    sorted.push(table);
  };
  for (const table of tables) add(table);
  return sorted;
}

/** Rows of a table as JSON, by the table's name. */
export type Rows = ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;

export async function readRows(sql: postgres.Sql, { tables }: Level): Promise<Rows> {
  const rows = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables) {
    const found = await sql<{ row: Record<string, unknown> }[]>`select to_jsonb(t) as row from ${sql(name)} t`;
    rows.set(
      name,
      found.map(({ row }) => row),
    );
  }
  return rows;
}

export async function applyLevels(sql: postgres.Sql, levels: readonly Level[]): Promise<void> {
  for (const { statements } of levels) for (const statement of statements) await sql.unsafe(statement);
}

/**
 * What the code of an older release does to each of its tables: inserts, selects and updates that name exactly the
 * columns it knows, and upserts on the keys it knows. Returns what the database refused, a line each.
 */
export async function refusedToOlderCode(sql: postgres.Sql, older: Level, rows: Rows): Promise<string[]> {
  const refused: string[] = [];
  const ask = async (what: string, statement: () => Promise<unknown>): Promise<void> => {
    await statement().catch((error: unknown) => refused.push(`${what}: ${String(error)}`));
  };
  for (const { name, columns } of older.tables) {
    const known = Object.values(columns).map((column) => column.name);
    const given = rows.get(name) ?? [];
    // A column that a later release has dropped has no value in today's rows; its default then stands in for it.
    const valued = known.filter((column) => given.some((row) => column in row));
    await ask(`insert into ${name}`, async () => {
      await sql`insert into ${sql(name)} (${sql(valued)})
        select ${sql(valued)} from jsonb_populate_recordset(null::${sql(name)}, ${sql.json(given as never)})`;
    });
    await ask(`select from ${name}`, async () => {
      const found = await sql`select ${sql(known)} from ${sql(name)}`;
      if (found.length !== given.length) throw new Error(`${found.length} rows of ${given.length}`);
    });
    await ask(`update ${name}`, async () => {
      const assignments = known.map((column) => `"${column}" = "${column}"`).join(', ');
      await sql.unsafe(`update "${name}" set ${assignments}`);
    });
  }
  return refused;
}

/** Each set of columns that `on conflict` may name, with its table and its condition. */
export async function uniqueKeys(sql: postgres.Sql): Promise<Set<string>> {
  const found = await sql<{ key: string }[]>`
    select i.indrelid::regclass || ' (' || string_agg(a.attname, ', ' order by a.attname) || ') '
      || coalesce(pg_get_expr(i.indpred, i.indrelid), '') as key
    from pg_index i
    join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indisunique group by i.indexrelid, i.indrelid, i.indpred`;
  return new Set(found.map(({ key }) => key));
}
