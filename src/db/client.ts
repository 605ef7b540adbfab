import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export type Database = PostgresJsDatabase;
/** Either the database or a transaction of it: what a reader takes. */
export type Reader = Pick<Database, 'select' | 'selectDistinctOn' | 'execute'>;
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface OpenDatabase {
  readonly db: Database;
  /** The pool underneath, for what has no place in a transaction: advisory locks, readiness. */
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

/** Opens a pool; connects on first use. `max` connections at most. */
export function openDatabase(url: string, options: { max?: number } = {}): OpenDatabase {
  const sql = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: reconnectDelay,
    onnotice: () => {},
    connection: {
      application_name: 'twinloop',
      // A process frozen inside a transaction must not hold a twin's lock for longer than a step may take.
      idle_in_transaction_session_timeout: 30_000,
      // A plan made while a table was small is kept for as long as its statement is, and reads all of it later on.
      plan_cache_mode: 'force_custom_plan',
    },
  });
  endLostTransactions(sql);
  return { db: drizzle(sql), sql, close: () => sql.end({ timeout: 5 }) };
}

/**
 * Seconds before another try to connect, after so many that failed in a row, with chance in it. The driver's own go up
 * to 20, which is how long a Postgres that is back would stand idle.
 */
export const reconnectDelay = (failed: number): number => Math.min(3 ** failed / 100, 1) * (0.5 + Math.random() / 2);

type Work = (tx: postgres.TransactionSql) => unknown;

/**
 * A transaction whose connection is lost is over: postgres.js hears of the close and rejects it. Its rollback, sent into
 * the closed socket, would end the process (porsager/postgres#1208), so the work of such a transaction never settles.
 */
function endLostTransactions(sql: postgres.Sql): void {
  const begin = sql.begin.bind(sql) as (...args: unknown[]) => Promise<unknown>;
  const never = new Promise<never>(() => {});
  sql.begin = ((...args: unknown[]) => {
    const work = args.pop() as Work;
    return begin(...args, async (tx: postgres.TransactionSql) => {
      try {
        return await work(tx);
      } catch (error) {
        return isConnectionError(error) ? never : Promise.reject(error);
      }
    });
  }) as postgres.Sql['begin'];
}

/** The codes of an error and of its causes, outermost first: SQLSTATEs and Node's. */
export function errorCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') codes.push(cause.code);
  }
  return codes;
}

/** True when the database could not be reached or is shutting down, so that trying again can help. */
export function isConnectionError(error: unknown): boolean {
  return errorCodes(error).some(
    (code) => code.startsWith('08') || code.startsWith('57P') || OTHER_STATES.has(code) || CONNECTION_CODES.has(code),
  );
}

/** Too many connections; a transaction that its process left idle. */
const OTHER_STATES = new Set(['53300', '25P03']);

const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** Drizzle's error holds the query; a wrapped one is told by its cause. */
function isQueryError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('query' in cause || cause.name === 'PostgresError') return true;
  }
  return false;
}

/** SQLSTATE or Node's code of a failed query; undefined for an error that is no database's. */
export function databaseCode(error: unknown): string | undefined {
  if (!isConnectionError(error) && !isQueryError(error)) return undefined;
  return errorCodes(error).at(-1) ?? 'unknown';
}
