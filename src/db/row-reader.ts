import { getTableColumns, type InferSelectModel, type Table } from 'drizzle-orm';

/** Reads rows as Postgres sends them, as rows or as JSON, into the values that drizzle's own queries give. */
export function rowReader<T extends Table, K extends keyof InferSelectModel<T> & string>(
  table: T,
  /** Of the columns, as the table's model calls them. */
  keys: readonly K[],
): (row: Readonly<Record<string, unknown>>) => Pick<InferSelectModel<T>, K> {
  const all = getTableColumns(table);
  const columns = keys.map((key) => [key, all[key]!] as const);
  return (row) => {
    const read: Record<string, unknown> = {};
    for (const [key, column] of columns) {
      const value = row[column.name] ?? null;
      read[key] = value === null ? null : column.mapFromDriverValue(value);
    }
    return read as Pick<InferSelectModel<T>, K>;
  };
}
