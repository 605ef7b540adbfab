import { getTableColumns, type InferSelectModel, type Table } from 'drizzle-orm';

/** Reads rows as Postgres sends them (`select *`) into the values that drizzle's own queries give. */
export function rowReader<T extends Table>(table: T): (row: Readonly<Record<string, unknown>>) => InferSelectModel<T> {
  const columns = Object.entries(getTableColumns(table));
  return (row) => {
    const read: Record<string, unknown> = {};
    for (const [key, column] of columns) {
      const value = row[column.name] ?? null;
      read[key] = value === null ? null : column.mapFromDriverValue(value);
    }
    return read as InferSelectModel<T>;
  };
}
