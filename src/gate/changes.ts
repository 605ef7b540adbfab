import type { Operation } from '../persona/operation.ts';
import { ID_LISTS, parsePointer } from '../persona/pointer.ts';

const NAMED_ENTRIES = new Set(['length_bands', 'format_by_intent']);

/** Where an operation acts, without the text of a list's item: that may be a user's words. */
export function placeOf({ path }: Pick<Operation, 'path'>): string {
  const [list = '', second = '', third] = parsePointer(path);
  if (ID_LISTS.some((name) => name === list)) return [list, second, ...(third === undefined ? [] : [third])].join('/');
  if (list !== 'deterministic_rules') return list;
  return NAMED_ENTRIES.has(second) && third !== undefined ? `${list}/${second}/${third}` : `${list}/${second}`;
}

/** Every string inside a JSON value, keys included: a key is text in a prompt as much as a value is. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
}
