import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHORT } from '../../chaos/faults/table.ts';
import type { Row } from '../../chaos/run-fault.ts';
import { sharedBuild } from '../support/build.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const CHAOS = fileURLToPath(new URL('../../chaos/main.ts', import.meta.url));
const RUN_TIMEOUT_MS = 420_000;

/** In a process of its own, which ends with this one however that ends, and with it all that it has started. */
async function chaos(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = fork(CHAOS, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

describe('npm run chaos -- --short', function () {
  this.timeout(RUN_TIMEOUT_MS);
  const seed = randomInt(2 ** 31);
  let folder: TemporaryFolder;
  let rows: readonly Row[] = [];

  before(async () => {
    folder = await createTemporaryFolder();
    const file = join(folder.path, 'chaos.json');
    const { output } = await chaos('--short', '--seed', String(seed), '--json', file);
    // With its seed: whatever is found can be looked for again.
    console.log(output.slice(output.indexOf('┌')).trimEnd());
    const json = await readFile(file, 'utf8').catch(() => assert.fail(output));
    ({ rows } = JSON.parse(json) as { rows: Row[] });
  });
  after(() => folder.remove());

  for (const { name, what } of SHORT) {
    it(`${name}: ${what}`, () => {
      const row = rows.find(({ fault }) => fault === name);
      assert.ok(row);
      assert.deepEqual(row.problems, []);
    });
  }
});

describe('the faults', function () {
  this.timeout(RUN_TIMEOUT_MS);

  it('are noticed: of a product that skips commits the suite says so', async () => {
    const { code, output } = await chaos('--prove', '--only', 'skipped-commit');
    assert.equal(code, 0, output);
    assert.match(output, /^skipped-commit \(quiet\): found: VOTES/m);
  });

  it('are injected from outside: the build has nothing for them in it', async () => {
    const build = await sharedBuild();
    const found: string[] = [];
    for (const name of await readdir(join(build.folder, 'dist'), { recursive: true })) {
      if (!name.endsWith('.js')) continue;
      const text = await readFile(build.file(name), 'utf8');
      // What temporal-dev.sh starts it may kill; what serves never kills anything.
      if (/chaos|fail[-_ ]?point/i.test(text) || (text.includes('SIGKILL') && !name.startsWith('dev/')))
        found.push(name);
    }
    assert.deepEqual(found, []);
  });
});
