import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';

/** A statement and its values, as they are sent. */
export interface BoundStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const dialect = new PgDialect();

/**
 * A statement that is written once and run often: its text is always the same, so that a connection plans it once, and
 * it is put together here and not at each run. Its values are `sql.placeholder(name)`s.
 */
export function statement<Names extends string>(
  query: SQL,
): (values: Readonly<Record<Names, unknown>>) => BoundStatement {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return (values) => ({ text, values: fillPlaceholders(params, values) });
}
