import { readFileSync } from 'node:fs';
import type { Json } from './harness.ts';

/** An operation of openapi.json. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** Names in the path, in order. */
  readonly params: readonly string[];
  /** Asks for no key. */
  readonly open: boolean;
  /** Undefined: none is read. */
  readonly body: { readonly required: boolean; readonly schema: Json } | undefined;
  readonly query: readonly { readonly name: string; readonly schema: Json }[];
  /** Content types of each documented status. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
}

export const DOCUMENT: Json = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));

export const OPERATIONS: readonly Operation[] = Object.entries<Json>(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, { operationId, requestBody, parameters, responses, security }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    path,
    params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    open: security === undefined,
    body:
      requestBody === undefined
        ? undefined
        : { required: requestBody.required === true, schema: requestBody.content['application/json'].schema },
    query: (parameters ?? []).filter((one: Json) => one.in === 'query'),
    answers: Object.fromEntries(
      Object.entries<Json>(responses).map(([status, { content }]) => [status, Object.keys(content ?? {})]),
    ),
  })),
);

/** The path with its parameters filled in. Throws for one that has no value. */
export function fillPath(path: string, values: Readonly<Record<string, string | undefined>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for ${name} of ${path}`);
    return encodeURIComponent(value);
  });
}
