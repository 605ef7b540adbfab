import { sameJson } from './hash.ts';
import type { Manifest, Operation } from './operation.ts';
import { formatPointer } from './pointer.ts';
import { byCodeUnit } from './text.ts';

type JsonValue = NonNullable<Operation['to']>;
export type JsonObject = Record<string, unknown>;

/** A longer path does not fit an operation; the change is then made one level up. */
const MAX_PATH = 4_000;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') && new Set(value).size === value.length;

const setAt = (tokens: readonly string[], from: unknown, to: unknown): Operation => ({
  op: 'set',
  path: formatPointer(tokens),
  from: from as JsonValue,
  to: to as JsonValue,
});

function addAt(tokens: readonly string[], to: unknown): Operation {
  return { op: 'add', path: formatPointer(tokens), to: to as JsonValue };
}

function removeAt(tokens: readonly string[], from: unknown): Operation {
  return { op: 'remove', path: formatPointer(tokens), from: from as JsonValue };
}

/** Operations that make one object of another, by key; `at` are the tokens of its path. An undefined value is absent. */
export function diffObjects(at: readonly string[], from: JsonObject, to: JsonObject): Manifest {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted(byCodeUnit);
  const valueOf = (object: JsonObject, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);
  return keys.flatMap((key) => {
    const [a, b] = [valueOf(from, key), valueOf(to, key)];
    if (a === undefined) return b === undefined ? [] : [addAt([...at, key], b)];
    return b === undefined ? [removeAt([...at, key], a)] : diffValues([...at, key], a, b);
  });
}

/** Single texts where taking out and appending gives the new order too, else null. */
function diffTexts(at: readonly string[], from: readonly string[], to: readonly string[]): Manifest | null {
  const kept = from.filter((text) => to.includes(text));
  const added = to.filter((text) => !from.includes(text));
  if (!sameJson([...kept, ...added], to)) return null;
  const removed = from.filter((text) => !to.includes(text));
  return [...removed.map((text) => removeAt([...at, text], text)), ...added.map((text) => addAt([...at, text], text))];
}

function diffValues(at: readonly string[], from: unknown, to: unknown): Manifest {
  if (sameJson(from, to)) return [];
  let inner: Manifest | null = null;
  if (isObject(from) && isObject(to)) inner = diffObjects(at, from, to);
  else if (isTextList(from) && isTextList(to)) inner = diffTexts(at, from, to);
  return inner === null || inner.some(({ path }) => path.length > MAX_PATH) ? [setAt(at, from, to)] : inner;
}
