import type postgres from 'postgres';

/** Statements of more parameters have a text of their own almost every time: nothing is gained by keeping them. */
const MAX_PARAMETERS = 40;

interface Client {
  unsafe: postgres.Sql['unsafe'];
}

function preparing<T extends Client>(client: T): T {
  const { unsafe } = client;
  client.unsafe = ((query, parameters, options) =>
    unsafe(query, parameters, {
      ...options,
      prepare: (parameters?.length ?? 0) <= MAX_PARAMETERS,
    })) as postgres.Sql['unsafe'];
  return client;
}

/**
 * Lets drizzle's queries be prepared: it sends them as `unsafe`, which costs a parse, a plan and a round trip more for
 * each. Changes the client given, and the clients of its transactions.
 */
export function prepareStatements(sql: postgres.Sql): postgres.Sql {
  const begin = sql.begin.bind(sql) as (...args: unknown[]) => unknown;
  sql.begin = ((...args: unknown[]) => {
    const work = args.pop() as (tx: postgres.TransactionSql) => unknown;
    return begin(...args, (tx: postgres.TransactionSql) => work(preparing(tx)));
  }) as postgres.Sql['begin'];
  return preparing(sql);
}
