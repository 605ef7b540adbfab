import { compare, parse, type SemVer } from 'semver';

export type VersionBump = 'patch' | 'minor' | 'major';

function parseVersion(version: string): SemVer {
  const parsed = parse(version);
  if (parsed === null) throw new RangeError(`"${version}" is not a semantic version such as 1.0.0`);
  return parsed;
}

/** Negative when `a` is the lower version, positive when it is the higher, 0 when equal. Throws RangeError. */
export function compareVersions(a: string, b: string): number {
  return compare(parseVersion(a), parseVersion(b));
}

/**
 * The next free version number of a kind above the parent; never one that is taken.
 * patch: the parent's major.minor line, one above its highest patch. minor: the parent's major, one above its highest
 * minor. major, or no parent: one above the highest major of all, so that a twin's first version is 1.0.0.
 * Throws RangeError for a string that is not a semantic version.
 */
export function nextVersion(taken: readonly string[], parent: string | null, bump: VersionBump): string {
  const above = parent === null ? null : parseVersion(parent);
  const known = [...taken.map(parseVersion), ...(above === null ? [] : [above])];
  const after = (numbers: readonly number[]) => numbers.reduce((highest, n) => Math.max(highest, n), 0) + 1;
  if (above === null || bump === 'major') return `${after(known.map((v) => v.major))}.0.0`;
  const sameMajor = known.filter((v) => v.major === above.major);
  if (bump === 'minor') return `${above.major}.${after(sameMajor.map((v) => v.minor))}.0`;
  const sameLine = sameMajor.filter((v) => v.minor === above.minor);
  return `${above.major}.${above.minor}.${after(sameLine.map((v) => v.patch))}`;
}
