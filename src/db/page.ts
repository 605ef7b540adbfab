import { desc, sql, type AnyColumn, type SQL } from 'drizzle-orm';

export interface PageRequest {
  /** 1 to 200; the API refuses others. */
  readonly limit: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** Newest first; `next_cursor` is null on the last page. */
export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** A cursor that no list of ours gave out. */
export class CursorError extends Error {
  override name = 'CursorError';
}

/** How a list is cut into pages: what to select besides the row, and the clauses of the query. */
export interface Keyset {
  /** Select it as `key`: the row's place in the list, in text. */
  readonly key: SQL<string>;
  /** Undefined on the first page. */
  readonly where: SQL | undefined;
  readonly orderBy: SQL[];
  /** One row more than the page has, to know whether another page follows. */
  readonly limit: number;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = /^[\w.:-]{1,200}$/;

/** True for a text that Postgres takes for a uuid: any other one names nothing. */
export const isUuid = (text: string): boolean => UUID.test(text);

function decode(cursor: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match === null) throw new CursorError('is not a cursor of this list; take next_cursor of the page before');
  return match;
}

/** Pages by an instant and, where two are equal, by id. Microseconds are kept: a Date would lose rows at the seam. */
export function byTime(request: PageRequest, at: AnyColumn, id: AnyColumn): Keyset {
  let where: SQL | undefined;
  if (request.cursor !== undefined) {
    const [, micros = '', last = ''] = decode(request.cursor, /^(\d{1,16})\.(.+)$/);
    if (!(id.getSQLType() === 'uuid' ? UUID : NAME).test(last)) decode('', /never/);
    where = sql`(${at}, ${id}) < ('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond', ${last})`;
  }
  const key = sql<string>`(extract(epoch from ${at}) * 1000000)::bigint || '.' || ${id}`;
  return { key, where, orderBy: [desc(at), desc(id)], limit: request.limit + 1 };
}

/** Pages by a number that rises with every row. */
export function byNumber(request: PageRequest, column: AnyColumn): Keyset {
  const last = request.cursor === undefined ? undefined : decode(request.cursor, /^(\d{1,16})$/)[1];
  const where = last === undefined ? undefined : sql`${column} < ${last}::bigint`;
  return { key: sql<string>`${column}::text`, where, orderBy: [desc(column)], limit: request.limit + 1 };
}

/** The cursor of what follows a row. */
export const cursorAfter = (row: { readonly key: string }): string =>
  Buffer.from(row.key, 'utf8').toString('base64url');

/** The page that rows of a keyset's query make. */
export function toPage<Row extends { readonly key: string }, T>(
  request: PageRequest,
  rows: readonly Row[],
  view: (row: Row) => T,
): Page<T> {
  const items = rows.slice(0, request.limit);
  const last = rows.length > request.limit ? items.at(-1) : undefined;
  return {
    items: items.map(view),
    next_cursor: last === undefined ? null : cursorAfter(last),
  };
}
