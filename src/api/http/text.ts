import { z } from '@hono/zod-openapi';
import { UNSTORABLE } from '../../learning/storable.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { FieldError } from './problems.ts';

const REFUSAL = 'holds a NUL or half of a surrogate pair, which cannot be stored';
/** Deeper than any persona, and far from the end of a stack. */
const MAX_DEPTH = 64;
const MAX_ERRORS = 20;

/** Each place of a JSON value that cannot be stored: bad characters in a text or a name, too deep a nesting. */
export function textErrors(root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const todo: { value: object; path: readonly string[] }[] = [];
  const look = (value: unknown, path: readonly string[], name?: string): void => {
    // Only what is refused or looked into needs its path: most values are plain texts and numbers.
    const at = (): readonly string[] => (name === undefined ? path : [...path, name]);
    if (typeof value === 'object' && value !== null) todo.push({ value, path: at() });
    else if (typeof value === 'string' && UNSTORABLE.test(value)) {
      errors.push({ pointer: formatPointer(at()), detail: REFUSAL });
    }
  };
  look(root, []);
  for (let next = todo.pop(); next !== undefined && errors.length < MAX_ERRORS; next = todo.pop()) {
    const { value, path } = next;
    if (path.length >= MAX_DEPTH) {
      errors.push({ pointer: formatPointer(path), detail: `is nested deeper than ${MAX_DEPTH} levels` });
      continue;
    }
    for (const [name, child] of Object.entries(value)) {
      if (UNSTORABLE.test(name)) errors.push({ pointer: formatPointer(path), detail: `a name in it ${REFUSAL}` });
      else look(child, path, name);
    }
  }
  return errors.slice(0, MAX_ERRORS);
}

/** True when a text has at most `max` Unicode code points. */
function fits(text: string, max: number): boolean {
  if (text.length <= max) return true;
  return text.length <= 2 * max && Array.from(text).length <= max;
}

/** A text of at most `max` code points. */
export const text = (max: number, min = 0) =>
  z
    .string()
    .min(min)
    .refine((value) => fits(value, max), `has more than ${max} characters`)
    .openapi({ maxLength: max });
