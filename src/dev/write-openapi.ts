/** Writes openapi.json from the routes; with `--check` only says whether the file is up to date. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderOpenApi } from '../api/render-openapi.ts';

const FILE = fileURLToPath(new URL('../../openapi.json', import.meta.url));

const text = renderOpenApi();
if (process.argv.includes('--check')) {
  const known = await readFile(FILE, 'utf8').catch(() => '');
  if (known !== text) {
    process.stderr.write('openapi.json is not what the routes say: npm run openapi, and commit it.\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
}
