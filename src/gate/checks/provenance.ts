import { contentHash } from '../../persona/hash.ts';
import type { Manifest, Operation } from '../../persona/operation.ts';
import { fail, pass, skipped, type Check } from './check.ts';

/** An operation as far as it changes the spec: evidence explains it and may be worded anew on a re-run. */
function fingerprint({ op, path, from, to }: Operation): string {
  return contentHash({ op, path, from: from ?? null, to: to ?? null });
}

/** Paths that stand in only one of the two manifests (as multisets of operations). */
function disagreement(left: Manifest, right: Manifest): string[] {
  const open = new Map<string, { count: number; path: string }>();
  const count = (manifest: Manifest, step: 1 | -1) => {
    for (const operation of manifest) {
      const key = fingerprint(operation);
      const entry = open.get(key) ?? { count: 0, path: operation.path };
      open.set(key, { ...entry, count: entry.count + step });
    }
  };
  count(left, 1);
  count(right, -1);
  return [...new Set([...open.values()].filter((entry) => entry.count !== 0).map((entry) => entry.path))].sort();
}

/** Everything that changed is explained, and the votes explain it again. */
export const provenance: Check = {
  name: 'provenance',
  run({ changes, input: { manifest, relearned } }) {
    if (manifest === null) return skipped('There is no manifest, so it was not checked where the changes come from.');
    const unexplained = disagreement(changes, manifest);
    if (unexplained.length > 0) {
      return fail(
        `The manifest is not what changed: ${unexplained.length} operations differ. Discard the candidate and learn again.`,
        { paths_hash: contentHash(unexplained), differing: unexplained.length },
      );
    }
    const data = { operations: manifest.length, relearned: relearned?.length ?? null };
    if (relearned === null) {
      return pass(
        'What changed is exactly the manifest. Learning was not recomputed here, so that half is unchecked.',
        data,
      );
    }
    const changed = disagreement(manifest, relearned);
    if (changed.length > 0) {
      return fail(
        `Learning again from the same votes gives other operations (${changed.length} differ). Discard the candidate and learn again.`,
        { ...data, differing: changed.length },
      );
    }
    return pass('What changed is exactly the manifest, and learning again from the same votes gives it again.', data);
  },
};
