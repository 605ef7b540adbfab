import { byCodeUnit, labelOf } from './text.ts';

type Scalar = string | number | boolean | null;
type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null;
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Continuation lines stand under their bullet, so that no text of a persona can pose as a heading. */
const indented = (text: string, indent: string) => text.replace(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/g, `\n${indent}  `);

/** One bullet for each text. */
export function bullets(items: readonly string[], indent = ''): string[] {
  return items.map((item) => `${indent}- ${indented(item, indent)}`);
}

function valueLines(name: string, value: Json, indent: string): string[] {
  if (isScalar(value)) return bullets([`${name}: ${String(value)}`], indent);
  if (isList(value) && value.every(isScalar)) return bullets([`${name}: ${value.map(String).join('; ')}`], indent);
  const inner = `${indent}  `;
  const lines = isList(value)
    ? value.flatMap((item, index) => valueLines(String(index + 1), item, inner))
    : recordLines(value, inner);
  return [...bullets([`${name}:`], indent), ...lines];
}

/** A loose object as nested bullets, keys sorted, so that their order in the spec does not count. */
export function recordLines(record: { readonly [key: string]: unknown }, indent = ''): string[] {
  return Object.entries(record)
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([key, value]) => valueLines(labelOf(key), value as Json, indent));
}
