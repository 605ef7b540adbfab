import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { connectPostgres } from './connect.ts';
import { isConnectionError } from './errors.ts';
import { Pipelines } from './pipeline.ts';

export type Database = PostgresJsDatabase;
/** Either the database or a transaction of it: what a reader takes. */
export type Reader = Pick<Database, 'select' | 'selectDistinctOn' | 'execute'>;
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface OpenDatabase {
  readonly db: Database;
  /** The pool underneath, for what has no place in a transaction: advisory locks, readiness. */
  readonly sql: postgres.Sql;
  /** For statements that are the same for every vote: planned seldom, always by index. */
  readonly pipelines: Pipelines;
  close(): Promise<void>;
}

/** For the groups that votes come in, and for batches beside them. */
const PIPELINES = 6;

/** A plan made while a table was small is kept for as long as its statement is, and reads all of it later on. */
const PLANNED_EACH_TIME = { plan_cache_mode: 'force_custom_plan' };

/** Whatever the values, by index and row by row: a group's votes are few beside the ledger. */
const PLANNED_SELDOM = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/** Opens a pool, and pipelines beside it; connects on first use. `max` connections of the pool at most. */
export function openDatabase(url: string, options: { max?: number } = {}): OpenDatabase {
  const sql = connect(url, { max: options.max ?? 10 }, PLANNED_EACH_TIME);
  endLostTransactions(sql);
  const db = drizzle(sql);
  // Without a longest life: a client ends an old connection between two statements, also of one transaction.
  const pipelines = new Pipelines(PIPELINES, (onclose) =>
    connect(url, { max: 1, max_lifetime: null, onclose }, PLANNED_SELDOM),
  );
  return {
    db,
    sql,
    pipelines,
    close: async () => void (await Promise.all([sql.end({ timeout: 5 }), pipelines.end()])),
  };
}

/** JSON is written where it is made, as drizzle has it too; the driver would write it once more. */
const JSON_AS_TEXT = {
  to: 114,
  from: [114, 3802],
  serialize: (text: unknown) => text,
  parse: (text: string): unknown => JSON.parse(text),
};

function connect(
  url: string,
  options: { readonly max: number; readonly max_lifetime?: null; readonly onclose?: () => void },
  planning: Readonly<Record<string, string>>,
): postgres.Sql {
  return connectPostgres(url, {
    ...options,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: reconnectDelay,
    onnotice: () => {},
    types: { json: JSON_AS_TEXT },
    connection: {
      application_name: 'twinloop',
      // A process frozen inside a transaction must not hold a twin's lock for longer than a step may take.
      idle_in_transaction_session_timeout: 30_000,
      ...planning,
    },
  });
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
