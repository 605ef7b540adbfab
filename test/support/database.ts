import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { ensureDatabase } from '../../src/dev/wait-for-postgres.ts';
import { postgresUrl } from '../../src/dev/postgres.ts';
import { startServer } from './servers.ts';

const TEMPLATE = 'twinloop_template';
let template: Promise<void> | undefined;

export interface TestDatabase {
  readonly url: string;
  /** Ends whatever is still connected. */
  drop(): Promise<void>;
}

/** A database of one's own, with all migrations applied: a copy of a template that is migrated once a run. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { port } = await startServer('postgres');
  template ??= migrateTemplate(port);
  await template;
  return ownDatabase(
    port,
    (sql, name) => sql`create database ${sql(name)} template ${sql(TEMPLATE)} strategy file_copy`,
  );
}

/** A database of one's own without any migration. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const { port } = await startServer('postgres');
  return ownDatabase(port, (sql, name) => sql`create database ${sql(name)}`);
}

async function ownDatabase(
  port: number,
  create: (sql: postgres.Sql, name: string) => Promise<unknown>,
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(port, (sql) => create(sql, name));
  return {
    url: postgresUrl(port, name),
    drop: () => administer(port, (sql) => sql`drop database if exists ${sql(name)} with (force)`),
  };
}

async function migrateTemplate(port: number): Promise<void> {
  const url = postgresUrl(port, TEMPLATE);
  await ensureDatabase(url);
  await migrateDatabase(url);
}

async function administer(port: number, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(postgresUrl(port, 'postgres'), { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
