import { sameJson } from './hash.ts';
import type { Operation } from './operation.ts';

/** An operation that does not fit the spec: nothing is changed. `path` is the JSON Pointer it stopped at. */
export class OperationError extends Error {
  override name = 'OperationError';
  readonly path: string;

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
    this.path = path;
  }
}

/** The lists whose items a pointer names by id instead of by position. */
export const ID_LISTS = ['anti_examples', 'canonical_examples', 'procedural_modules'] as const;

const isIdList = (name: string | undefined): boolean => ID_LISTS.some((list) => list === name);

/** The tokens of a JSON Pointer (RFC 6901), unescaped. Throws OperationError when it is not one. */
export function parsePointer(path: string): string[] {
  if (!path.startsWith('/')) throw new OperationError(path, 'a path starts with "/"');
  if (/~(?![01])/.test(path)) throw new OperationError(path, 'write "~" as "~0" and "/" as "~1" inside a name');
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The JSON Pointer (RFC 6901) of some tokens. */
export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** The name by which a list's item is addressed: its id in a list of things, its text in a list of texts. */
function nameOf(item: unknown, byId: boolean): unknown {
  if (!byId) return item;
  return isContainer(item) && !Array.isArray(item) ? item['id'] : undefined;
}

/** The key of `token` in an object or list, or null when there is no such thing. */
function keyOf(container: Container, token: string, byId: boolean): string | number | null {
  if (!Array.isArray(container))
    return Object.hasOwn(container, token) && container[token] !== undefined ? token : null;
  const index = container.findIndex((item) => nameOf(item, byId) === token);
  return index === -1 ? null : index;
}

const valueAt = (container: Container, key: string | number) => (container as Record<string | number, unknown>)[key];

/** True when a path leads to a value of the spec. */
export function pathExists(root: Container, path: string): boolean {
  const tokens = parsePointer(path);
  let node: unknown = root;
  for (const [depth, token] of tokens.entries()) {
    const key = isContainer(node) ? keyOf(node, token, depth === 1 && isIdList(tokens[0])) : null;
    if (key === null) return false;
    node = valueAt(node as Container, key);
  }
  return true;
}

function assertOperation({ op, path, from, to }: Operation, tokens: readonly string[]): void {
  if (tokens[0] === 'version') throw new OperationError(path, 'a version number is given when a spec is created');
  if (isIdList(tokens[0]) && tokens[2] === 'id')
    throw new OperationError(path, 'an id is a name: remove and add instead');
  if ((op === 'add') !== (from === undefined)) {
    throw new OperationError(path, op === 'add' ? 'an "add" has no "from"' : `a "${op}" needs "from"`);
  }
  if ((op === 'remove') !== (to === undefined)) {
    throw new OperationError(path, op === 'remove' ? 'a "remove" has no "to"' : `a "${op}" needs "to"`);
  }
}

/** Applies one operation to a plain JSON tree in place. Throws OperationError and then has changed nothing. */
export function applyOperation(root: Container, operation: Operation): void {
  const { op, path, from, to } = operation;
  const tokens = parsePointer(path);
  assertOperation(operation, tokens);
  const parentPath = formatPointer(tokens.slice(0, -1));
  const token = tokens.at(-1) ?? '';
  let container = root;
  for (const [depth, step] of tokens.slice(0, -1).entries()) {
    const key = keyOf(container, step, depth === 1 && isIdList(tokens[0]));
    const next = key === null ? undefined : valueAt(container, key);
    if (!isContainer(next)) throw new OperationError(path, `there is no ${parentPath} to change`);
    container = next;
  }
  const byId = tokens.length === 2 && isIdList(tokens[0]);
  const key = keyOf(container, token, byId);
  if (op === 'add' && key !== null) throw new OperationError(path, 'is there already; use "set"');
  if (op !== 'add' && key === null) throw new OperationError(path, 'is not there');
  if (key !== null && !sameJson(valueAt(container, key), from)) {
    throw new OperationError(path, 'is not what the operation expects in "from"');
  }
  if (!Array.isArray(container)) {
    if (token === '__proto__') throw new OperationError(path, 'is no name for a value');
    if (op === 'remove') delete container[token];
    else container[token] = structuredClone(to);
    return;
  }
  if (byId && op !== 'remove' && nameOf(to, true) !== token) throw new OperationError(path, 'holds another id');
  if (!byId && (typeof to !== 'string' || op === 'add') && op !== 'remove' && to !== token) {
    throw new OperationError(path, 'an item of a list of texts is named by its own text');
  }
  if (op === 'add') container.push(structuredClone(to));
  else container.splice(key as number, 1, ...(op === 'set' ? [structuredClone(to)] : []));
}
