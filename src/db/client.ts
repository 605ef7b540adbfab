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
  /** For statements that are the same for every vote: planned once a connection, always by index. */
  readonly hot: postgres.Sql;
  close(): Promise<void>;
}

/** For the groups that votes come in, and for batches beside them. */
const HOT_CONNECTIONS = 6;

/** A plan made while a table was small is kept for as long as its statement is, and reads all of it later on. */
const PLANNED_EACH_TIME = { plan_cache_mode: 'force_custom_plan' };

/** A plan that is kept must be right for a table of any size: by index, row by row. */
const PLANNED_ONCE = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/** Opens its pools; connects on first use. `max` connections at most, and a few for votes. */
export function openDatabase(url: string, options: { max?: number } = {}): OpenDatabase {
  const sql = openPool(url, options.max ?? 10, PLANNED_EACH_TIME);
  const hot = openPool(url, HOT_CONNECTIONS, PLANNED_ONCE);
  return {
    db: drizzle(sql),
    sql,
    hot,
    close: async () => void (await Promise.all([sql, hot].map((pool) => pool.end({ timeout: 5 })))),
  };
}

function openPool(url: string, max: number, planning: Readonly<Record<string, string>>): postgres.Sql {
  const sql = postgres(url, {
    max,
    connect_timeout: 5,
    idle_timeout: 60,
    onnotice: () => {},
    connection: {
      application_name: 'twinloop',
      // A process frozen inside a transaction must not hold a twin's lock for longer than a step may take.
      idle_in_transaction_session_timeout: 30_000,
      ...planning,
    },
  });
  // JSON is written where it is made, as drizzle expects it too.
  for (const type of [JSON_TYPE, JSONB_TYPE]) sql.options.serializers[type] = (value: unknown) => value;
  endLostTransactions(sql);
  return sql;
}

const JSON_TYPE = 114;
const JSONB_TYPE = 3802;

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
