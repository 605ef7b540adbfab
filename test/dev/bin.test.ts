import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('bin/twinloop.mjs', () => {
  let folder: TemporaryFolder;
  let command: string;

  beforeEach(async () => {
    folder = await createTemporaryFolder();
    command = join(folder.path, 'bin', 'twinloop.mjs');
    for (const name of ['bin', 'src/cli', 'dist/cli']) await mkdir(join(folder.path, name), { recursive: true });
    await cp(join(ROOT, 'bin', 'twinloop.mjs'), command);
    await cp(join(ROOT, 'package.json'), join(folder.path, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
    await writeFile(join(folder.path, 'src/cli/word.ts'), "export const word: string = 'sources';\n");
    await writeFile(
      join(folder.path, 'src/cli/main.ts'),
      "import { word } from './word.ts';\nconsole.log(word, ...process.argv.slice(2));\nprocess.exitCode = 2;\n",
    );
  });
  afterEach(() => folder.remove());

  const run = () => {
    const { status, stdout, stderr } = spawnSync(command, ['gate', '--help'], { cwd: tmpdir(), encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  it('runs the sources from any folder, with its arguments and exit code', () => {
    assert.deepEqual(run(), { status: 2, stdout: 'sources gate --help\n', stderr: '' });
  });

  it('runs the built command where there are no sources, and never an old build beside them', async () => {
    await writeFile(join(folder.path, 'dist/cli/main.js'), "console.log('built', ...process.argv.slice(2));\n");
    assert.equal(run().stdout, 'sources gate --help\n');
    await rm(join(folder.path, 'src'), { recursive: true });
    assert.deepEqual(run(), { status: 0, stdout: 'built gate --help\n', stderr: '' });
  });

  it('runs the built command in a checkout without the development dependencies', async () => {
    await writeFile(join(folder.path, 'dist/cli/main.js'), "console.log('built', ...process.argv.slice(2));\n");
    await rm(join(folder.path, 'node_modules'));
    assert.deepEqual(run(), { status: 0, stdout: 'built gate --help\n', stderr: '' });
  });
});
