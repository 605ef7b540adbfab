import type postgres from 'postgres';
import type { BoundStatement } from './statement.ts';

/** Sends a statement at once, whatever is still to be answered, and gives its rows. */
export type Send = <Row>(statement: BoundStatement) => Promise<readonly Row[]>;

/** What came of a transaction's reads, and its writes, which nobody waited for. */
export interface Written<T> {
  readonly value: T;
  readonly writes: readonly Promise<unknown>[];
}

/** Runs one statement, prepared, without a transaction around it. */
export const send =
  (connection: Pick<postgres.Sql, 'unsafe'>): Send =>
  <Row>({ text, values }: BoundStatement) =>
    // Begun at once and not when it is awaited: this is what keeps the order.
    connection.unsafe(text, [...values] as never[], { prepare: true }).execute() as unknown as Promise<readonly Row[]>;

/**
 * A transaction whose statements are prepared, and sent in the order of the calls without waiting for each other's
 * answers (PostgreSQL's pipeline mode): what would be six round trips is three. The commit follows the writes at once,
 * and does nothing when one of them fails. Throws what Postgres throws; then nothing is stored.
 */
export async function pipelined<T>(sql: postgres.Sql, work: (run: Send) => Promise<Written<T>>): Promise<T> {
  const committed = await sql.begin(async (connection) => {
    const { value, writes } = await work(send(connection));
    const written = Promise.all(writes);
    // Heard below, after the commit; meanwhile a failure must not be nobody's.
    written.catch(() => undefined);
    return { value, written };
  });
  await committed.written;
  return committed.value;
}
