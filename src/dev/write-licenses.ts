import { readFile, writeFile } from 'node:fs/promises';
import { productionPackages, renderLicenses, type Lockfile } from './licenses.ts';

const root = new URL('../../', import.meta.url);
const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(new URL(name, root), 'utf8')) as T;

const { dependencies } = await read<{ dependencies: Record<string, string> }>('package.json');
const packages = productionPackages(await read<Lockfile>('package-lock.json'), dependencies);
await writeFile(new URL('docs/licenses.md', root), renderLicenses(packages));
