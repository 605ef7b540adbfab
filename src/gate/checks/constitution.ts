import { contentHash } from '../../persona/hash.ts';
import { fail, pass, type Check } from './check.ts';

/** The constitution is the owner's: the same lines in the same order, byte for byte. */
export const constitution: Check = {
  name: 'constitution',
  run({ input: { active, candidate } }) {
    const before = active.constitution;
    const after = candidate.constitution;
    const same = before.length === after.length && before.every((line, index) => line === after[index]);
    const data = { lines_before: before.length, lines_after: after.length };
    if (same) return pass('The constitution is unchanged.', data);
    const kept = new Set(after);
    const removed = before.filter((line) => !kept.has(line)).length;
    return fail(
      `The constitution differs (${removed} of ${before.length} lines are gone or reworded). Only the owner may change it: restore it, or acknowledge "constitution" on a draft of your own.`,
      { ...data, hash_before: contentHash(before), hash_after: contentHash(after) },
    );
  },
};
