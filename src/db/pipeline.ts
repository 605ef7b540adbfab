import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import type { Transaction } from './client.ts';

/** What runs a statement: a transaction or a pipeline. */
export type Statements = Pick<Transaction, 'execute'>;

/** What came of a transaction's reads, and its writes, which nobody waited for. */
export interface Written<T> {
  readonly value: T;
  readonly writes: readonly Promise<unknown>[];
}

const dialect = new PgDialect();

/**
 * A transaction whose statements are prepared, and sent in the order of the calls without waiting for each other's
 * answers (PostgreSQL's pipeline mode): what would be seven round trips is three. The commit follows the writes at once,
 * and does nothing when one of them fails. Throws what Postgres throws; then nothing is stored.
 */
export async function pipelined<T>(sql: postgres.Sql, work: (tx: Statements) => Promise<Written<T>>): Promise<T> {
  const committed = await sql.begin(async (connection) => {
    const execute = (query: SQL) => {
      const { sql: text, params } = dialect.sqlToQuery(query);
      return connection.unsafe(text, params as never[], { prepare: true }).execute();
    };
    // Drizzle's begins only when awaited; this one at once, which is what keeps the order.
    const { value, writes } = await work({ execute } as unknown as Statements);
    const written = Promise.all(writes);
    // Heard below, after the commit; meanwhile a failure must not be nobody's.
    written.catch(() => undefined);
    return { value, written };
  });
  await committed.written;
  return committed.value;
}
