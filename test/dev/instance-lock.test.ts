import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDataFolder } from '../../src/dev/instance-lock.ts';
import { stopLeftovers } from '../../src/dev/leftovers.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const MARKER = 'the-marker-of-a-supervisor';

describe('a data folder', () => {
  let folder: TemporaryFolder;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await createTemporaryFolder();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await folder.remove();
  });

  /** A process that does nothing, with `argument` in its command line. */
  async function idle(argument: string): Promise<{ child: ChildProcess; pid: number }> {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', argument], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    assert.ok(child.pid !== undefined);
    return { child, pid: child.pid };
  }

  const lockFile = (): string => join(folder.path, 'supervisor.pid');

  it('has one supervisor: a second one is told the pid of the first', async () => {
    const { pid } = await idle(MARKER);
    await writeFile(lockFile(), `${pid}\n`);
    await assert.rejects(lockDataFolder(folder.path, MARKER), new RegExp(`already running, pid ${pid}, .*DATA_DIR`));
  });

  it('is taken over from a dead supervisor, and from an id that is another program now', async () => {
    const { child, pid } = await idle('something else');
    await writeFile(lockFile(), `${pid}\n`);
    (await lockDataFolder(folder.path, MARKER))();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFile(lockFile(), `${pid}\n`);
    const unlock = await lockDataFolder(folder.path, MARKER);
    assert.equal(await readFile(lockFile(), 'utf8'), `${process.pid}\n`);
    assert.equal(child.exitCode ?? child.signalCode, 'SIGKILL');
    unlock();
    await assert.rejects(access(lockFile()));
  });

  it('goes to one of two that start at once over a dead one', async () => {
    await writeFile(lockFile(), '999999999\n');
    const script = `
      const { lockDataFolder } = await import(${JSON.stringify(new URL('../../src/dev/instance-lock.ts', import.meta.url).href)});
      try { await lockDataFolder(${JSON.stringify(folder.path)}, 'instance-lock.ts'); process.stdout.write('got it'); setTimeout(() => {}, 2000); }
      catch (error) { process.stdout.write(error.message); }`;
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        children.push(child);
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        await once(child, 'close');
        return output;
      }),
    );
    assert.equal(answers.filter((answer) => answer === 'got it').length, 1, answers.join('\n'));
    assert.equal(answers.filter((answer) => answer.includes('already running, pid')).length, 2, answers.join('\n'));
  });

  it('is cleared of processes that a killed supervisor left behind, and of nobody else', async () => {
    await mkdir(join(folder.path, 'logs'));
    const ours = await idle(`--data-dir=${folder.path}/`);
    const stranger = await idle('--data-dir=/somewhere/else/');
    await writeFile(join(folder.path, 'worker.pid'), `${ours.pid}\n`);
    await writeFile(join(folder.path, 'server.pid'), `${stranger.pid}\n`);
    await writeFile(join(folder.path, 'postgres.pid'), 'nonsense');
    const said: string[] = [];
    const exit = once(ours.child, 'exit');
    await stopLeftovers(folder.path, (line) => said.push(line));
    await exit;
    assert.equal(ours.child.signalCode, 'SIGTERM');
    assert.equal(stranger.child.signalCode, null);
    assert.deepEqual(said, [`stopping the worker (pid ${ours.pid}) that an earlier run left behind`]);
    for (const name of ['worker', 'server', 'postgres']) await assert.rejects(access(join(folder.path, `${name}.pid`)));
  });
});
