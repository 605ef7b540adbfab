import { setTimeout as sleep } from 'node:timers/promises';
import { connectPostgres } from '../db/connect.ts';

/** Resolves to undefined once a query is answered at `url`, to the last reason when `giveUp` says so or `timeoutMs` passed. */
export async function waitForPostgres(
  url: string,
  timeoutMs: number,
  giveUp: () => boolean = () => false,
): Promise<string | undefined> {
  const end = Date.now() + timeoutMs;
  let reason = 'it never answered';
  while (Date.now() < end && !giveUp()) {
    const sql = connectPostgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
    try {
      await sql`select 1`;
      return undefined;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      await sleep(50);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  return reason;
}

/** Makes the database that `url` names when the server has none of that name. */
export async function ensureDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  target.pathname = '/postgres';
  const sql = connectPostgres(target.href, { max: 1, onnotice: () => {} });
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
