import type { z } from 'zod';
import { sameJson } from './hash.ts';
import { diffObjects, type JsonObject } from './json-diff.ts';
import type { Manifest, Operation } from './operation.ts';
import { applyOperation, formatPointer, ID_LISTS, OperationError, pathExists } from './pointer.ts';
import { type PersonaSpec, personaSpecSchema } from './spec.ts';

export { summarizeManifest, summarizeOperation } from './manifest-summary.ts';

function issuePath(spec: PersonaSpec, path: z.core.$ZodIssue['path']): string {
  const [list, index] = path;
  const named = ID_LISTS.find((name) => name === list);
  const id = named === undefined || typeof index !== 'number' ? undefined : spec[named][index]?.id;
  return formatPointer(path.map((token, depth) => (depth === 1 && id !== undefined ? id : String(token))));
}

/**
 * The spec that operations make of another, which stays as it is. Throws OperationError, with the path, when a path
 * does not exist ("add": exists), `from` is not the value found there, or the result is not a valid persona spec.
 */
export function applyOperations(spec: PersonaSpec, operations: readonly Operation[]): PersonaSpec {
  const draft = structuredClone(spec);
  for (const operation of operations) applyOperation(draft, operation);
  const parsed = personaSpecSchema.safeParse(draft);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new OperationError(issuePath(draft, issue?.path ?? []), issue?.message ?? 'is not valid');
  }
  for (const { op, path } of operations) {
    // A default would silently stand in for the removed field, and the manifest would no longer be the difference.
    if (op === 'remove' && !pathExists(draft, path) && pathExists(parsed.data, path)) {
      throw new OperationError(path, 'a spec always has this field; use "set"');
    }
  }
  return parsed.data;
}

/**
 * The operations, each with the evidence of the newest of `manifests` (newest first) that made the same change; one that
 * nobody learned stays without.
 */
export function withEvidence(operations: readonly Operation[], manifests: readonly Manifest[]): Manifest {
  const learned = manifests.flat().filter(({ evidence }) => evidence !== undefined);
  return operations.map((operation) => {
    const { op, path, to } = operation;
    const made = learned.find(
      (other) => other.path === path && other.op === op && sameJson(other.to ?? null, to ?? null),
    );
    return made?.evidence === undefined ? operation : { ...operation, evidence: made.evidence };
  });
}

const byId = (items: readonly { id: string }[]): JsonObject => Object.fromEntries(items.map((item) => [item.id, item]));

/**
 * The operations that make `to` of `from`, in a fixed order (by path; in a list of texts first what goes, then what
 * comes), without evidence. The version does not count, nor does the order of modules and examples.
 */
export function diffSpecs(from: PersonaSpec, to: PersonaSpec): Manifest {
  const keyed = (spec: PersonaSpec): JsonObject => ({
    ...spec,
    version: undefined,
    ...Object.fromEntries(ID_LISTS.map((list) => [list, byId(spec[list])])),
  });
  return diffObjects([], keyed(from), keyed(to));
}
