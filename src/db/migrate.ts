import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import type postgres from 'postgres';
import { ADVISORY_LOCKS } from './advisory-lock.ts';
import { connectPostgres } from './connect.ts';

const MIGRATIONS = fileURLToPath(new URL('../../drizzle', import.meta.url));

export interface MigrationState {
  readonly applied: number;
  readonly total: number;
}

/** Applies the SQL files of drizzle/ that are missing, under an advisory lock. Safe to repeat and to race. */
export async function migrateDatabase(url: string): Promise<MigrationState> {
  const sql = connectPostgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCKS.migrations})`;
    const before = await appliedMigrations(sql);
    await migrate(drizzle(sql), { migrationsFolder: MIGRATIONS });
    const total = await appliedMigrations(sql);
    return { applied: total - before, total };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** How many of the known migrations a database lacks. */
export async function pendingMigrations(sql: postgres.Sql): Promise<number> {
  return readMigrationFiles({ migrationsFolder: MIGRATIONS }).length - (await appliedMigrations(sql));
}

async function appliedMigrations(sql: postgres.Sql): Promise<number> {
  const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return 0;
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from drizzle.__drizzle_migrations`;
  return row?.count ?? 0;
}
