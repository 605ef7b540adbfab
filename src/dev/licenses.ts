/** What of package-lock.json is read here. */
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LicensedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Folder, from the repository's root. */
  readonly path: string;
}

/** Permissive ones only: they ask for their notice to be kept, and nothing of the code that uses them. */
const PERMITTED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  // Of the table of browsers that webpack brings; asks for attribution.
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** Of packages whose package.json names none: as read in the licence file that they bring. */
const READ_IN_THE_PACKAGE: Readonly<Record<string, string>> = { jstat: 'MIT', unionfs: 'Unlicense' };

/** Whether an SPDX expression of names joined by AND or OR can be met by permitted licences. */
export function isPermitted(license: string): boolean {
  const plain = license.replaceAll(/[()]/g, '');
  const meets = (names: string): boolean => names.split(' AND ').every((name) => PERMITTED.has(name.trim()));
  return plain.split(' OR ').some(meets);
}

/** Where Node finds `name` from a package's folder, as npm has laid it out; undefined when it is not installed. */
function find({ packages }: Lockfile, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

/**
 * All that an installation without development dependencies brings, by name and version. Builds for one kind of machine
 * are left out: they belong to a package that is listed, and differ from one installation to the next.
 * Throws when a dependency is missing in the lockfile, or its licence.
 */
export function productionPackages(
  lockfile: Lockfile,
  dependencies: Readonly<Record<string, string>>,
): LicensedPackage[] {
  const found = new Map<string, LicensedPackage>();
  const visit = (from: string, name: string, optional: boolean): void => {
    const path = find(lockfile, from, name);
    const locked = path === undefined ? undefined : lockfile.packages[path];
    if (path === undefined || locked === undefined) {
      if (optional) return;
      throw new Error(`package-lock.json has no ${name}, which ${from || 'package.json'} needs: run npm install.`);
    }
    if (found.has(path) || locked.os !== undefined || locked.cpu !== undefined) return;
    const { version, license = READ_IN_THE_PACKAGE[name] } = locked;
    if (version === undefined || license === undefined)
      throw new Error(`package-lock.json names no licence of ${path}.`);
    found.set(path, { name, version, license, path });
    for (const one of Object.keys(locked.dependencies ?? {})) {
      visit(path, one, one in (locked.optionalDependencies ?? {}));
    }
    for (const one of Object.keys(locked.optionalDependencies ?? {})) visit(path, one, true);
    for (const one of Object.keys(locked.peerDependencies ?? {})) {
      visit(path, one, locked.peerDependenciesMeta?.[one]?.optional === true);
    }
  };
  for (const name of Object.keys(dependencies)) visit('', name, false);
  const order = ({ name, version }: LicensedPackage) => `${name}@${version}`;
  return [...found.values()].sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

/** docs/licenses.md. */
export function renderLicenses(packages: readonly LicensedPackage[]): string {
  const lines = new Map(packages.map(({ name, version, license }) => [`- ${name} ${version}: ${license}`, license]));
  const counts = new Map<string, number>();
  for (const license of lines.values()) counts.set(license, (counts.get(license) ?? 0) + 1);
  const sums = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return [
    '# Licences of the production dependencies',
    '',
    'Made by `npm run licenses` from package-lock.json; each package has its licence text in its folder of `node_modules`.',
    'Builds for one kind of machine (`@swc/core-linux-x64-gnu` and its like) are under the licence of the package they belong to.',
    '',
    `${lines.size} packages: ${sums.map(([license, count]) => `${count} ${license}`).join(', ')}.`,
    '',
    ...lines.keys(),
    '',
  ].join('\n');
}
