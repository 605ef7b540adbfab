import { join } from 'node:path';
import postgres from 'postgres';
import { freePort } from '../../../src/dev/ports.ts';
import { postgresUrl, preparePostgres } from '../../../src/dev/postgres.ts';
import { ensureDatabase, waitForPostgres } from '../../../src/dev/wait-for-postgres.ts';
import type { Child, Children } from './children.ts';

const START_TIMEOUT_MS = 60_000;
const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method'] as const;
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'] as const;

export interface BenchPostgres {
  /** Of its own database. */
  readonly url: string;
  readonly child: Child;
  /** What it says of its durability. */
  readonly settings: Readonly<Record<string, string>>;
  /** An empty database of one's own; its URL. */
  createDatabase(name: string): Promise<string>;
  /** Writes out what earlier measurements left, so that nobody pays for another's checkpoint. */
  checkpoint(): Promise<void>;
}

/** A fresh cluster as initdb leaves it. Throws when it would lose a commit in a power cut. */
export async function startPostgres(children: Children): Promise<BenchPostgres> {
  const port = await freePort();
  const launch = await preparePostgres({ folder: join(children.folder, 'postgres'), port });
  const child = children.start('postgres', launch, 'SIGINT');
  const problem = await waitForPostgres(postgresUrl(port, 'postgres'), START_TIMEOUT_MS);
  if (problem !== undefined) throw new Error(`Postgres did not start: ${problem}\n${await child.process.logTail(20)}`);
  const administer = <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> =>
    withConnection(postgresUrl(port, 'postgres'), work);
  const settings = await administer(async (sql) => {
    const shown = await Promise.all(
      SETTINGS.map(async (name) => [name, String((await sql.unsafe(`show ${name}`))[0]?.[name])] as const),
    );
    return Object.fromEntries(shown);
  });
  for (const name of DURABLE) if (settings[name] !== 'on') throw new Error(`${name} is ${settings[name]}, not on`);
  let made = 0;
  return {
    url: postgresUrl(port, 'postgres'),
    child,
    settings,
    async createDatabase(name) {
      made += 1;
      const url = postgresUrl(port, `${name.replaceAll(/[^a-z]+/g, '_')}_${made}`);
      await ensureDatabase(url);
      return url;
    },
    checkpoint: () => administer(async (sql) => void (await sql`checkpoint`)),
  };
}

/** One connection for one piece of work. */
export async function withConnection<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
