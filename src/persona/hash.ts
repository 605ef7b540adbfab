import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { PersonaSpec, ProceduralModule } from './spec.ts';

/** Canonical JSON (RFC 8785). Throws TypeError for a value that JSON cannot hold (undefined, NaN, a lone surrogate). */
export function canonicalJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = canonicalize(value);
  } catch (cause) {
    throw new TypeError(`cannot be written as canonical JSON: ${(cause as Error).message}`, { cause });
  }
  if (json === undefined) throw new TypeError('cannot be written as canonical JSON: there is no value');
  return json;
}

/** Equal as JSON values: key order does not count, list order does, an undefined property is an absent one. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

/** SHA-256, lowercase hex, over canonical JSON. Throws TypeError as `canonicalJson` does. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Hash of what a spec says; without `version`, because a rollback republishes the same content under a new number. */
export function specHash(spec: PersonaSpec): string {
  return contentHash({ ...spec, version: undefined });
}

/**
 * Hash of a module's text, which names it in the learner together with its id: an edit makes it another module, a new
 * status, confidence, priority, pin or channel does not.
 */
export function moduleHash(module: ProceduralModule): string {
  const { when, say_style, ban, few_shot_ids, intent_labels } = module;
  return contentHash({ when, do: module.do, say_style, ban, few_shot_ids, intent_labels });
}
