import semver from 'semver';
import { specHash } from '../../persona/hash.ts';
import { fail, pass, skipped, type Check } from './check.ts';

/** The candidate was made from the spec that is live now, and is a later patch of it. */
export const lineage: Check = {
  name: 'lineage',
  run({ input: { active, candidate, manifest, parent } }) {
    if (manifest === null)
      return skipped('There is no manifest, so it was not checked what the candidate was made from.');
    const figures = { active_version: active.version, candidate_version: candidate.version };
    if (parent === null) return fail('The candidate names no parent. Learn again from the active version.', figures);
    if (parent.version !== active.version || parent.hash !== specHash(active)) {
      return fail(
        `The candidate was made from ${parent.version}, which is not what is active now (${active.version}). Learn again.`,
        { ...figures, parent_version: parent.version },
      );
    }
    const samePatchLine = `~${active.version}`;
    if (!semver.gt(candidate.version, active.version) || !semver.satisfies(candidate.version, samePatchLine)) {
      return fail(
        `A learned candidate of ${active.version} must be a later patch of it, not ${candidate.version}. Learn again.`,
        figures,
      );
    }
    return pass(`Made from the active version ${active.version}, a later patch of it.`, figures);
  },
};
