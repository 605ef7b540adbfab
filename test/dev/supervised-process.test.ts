import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../src/dev/readiness.ts';
import { commandLineOf, readPid } from '../../src/dev/processes.ts';
import { restartDelay, SupervisedProcess } from '../../src/dev/supervised-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

describe('a supervised process', () => {
  let folder: TemporaryFolder;
  let supervised: SupervisedProcess;
  let said: string[];

  beforeEach(async () => {
    folder = await createTemporaryFolder();
    said = [];
  });
  afterEach(async () => {
    supervised.kill();
    await folder.remove();
  });

  function supervise(script: string, stopTimeoutMs = 5_000, command = '/bin/sh'): SupervisedProcess {
    supervised = new SupervisedProcess(
      {
        name: 'sample',
        launch: { command, args: ['-c', script], cwd: folder.path },
        stopSignal: 'SIGTERM',
        stopTimeoutMs,
        logFile: join(folder.path, 'sample.log'),
        pidFile: join(folder.path, 'sample.pid'),
      },
      (line) => said.push(line),
    );
    supervised.start();
    return supervised;
  }

  const pidNow = () => readPid(join(folder.path, 'sample.pid'));

  it('is started again when it is killed, under a new pid in its file', async () => {
    const sample = supervise('echo started; exec sleep 60');
    // Killed before its first line it would never write one.
    assert.ok(await waitUntil(async () => (await sample.logTail(5)) === 'started', 5_000));
    const first = await pidNow();
    assert.ok(first !== undefined);
    process.kill(first, 'SIGKILL');
    let second: number | undefined;
    const runsAgain = async () => {
      second = await pidNow();
      return second !== undefined && second !== first && (await commandLineOf(second)) !== undefined;
    };
    assert.ok(await waitUntil(runsAgain, 10_000), 'it runs again');
    assert.ok(second !== undefined, 'its new pid is in the file');
    assert.deepEqual(said, ['sample ended (SIGKILL): it is started again']);
    assert.ok(await waitUntil(async () => (await sample.logTail(5)) === 'started\nstarted', 5_000));
    await sample.stop();
    assert.equal(await commandLineOf(second), undefined);
    await assert.rejects(access(join(folder.path, 'sample.pid')));
  });

  it('that crashes at every start is tried less and less often, and its log is named', async () => {
    const sample = supervise('echo broken >&2; exit 3');
    assert.ok(await waitUntil(async () => sample.crashes === 3, 10_000));
    assert.match(
      said.at(-1) ?? '',
      /^sample ended 3 times soon after its start \(exit code 3\): next try in 2 s; its log is .*sample\.log$/,
    );
    await sample.stop();
    assert.equal(await readFile(join(folder.path, 'sample.log'), 'utf8'), 'broken\nbroken\nbroken\n');
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 50].map(restartDelay);
    assert.deepEqual(delays, [200, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('that does not exist counts as one that crashes', async () => {
    supervise('', 5_000, '/no/such/program');
    assert.ok(await waitUntil(async () => said.some((line) => line.includes('ENOENT')), 5_000));
  });

  it('that ignores the request to stop is killed, with what it started', async () => {
    const sample = supervise("trap '' TERM; sleep 61 & echo $!; wait; wait; sleep 60", 300);
    assert.ok(await waitUntil(async () => (await sample.logTail(1)) !== '', 5_000));
    const grandchild = Number(await sample.logTail(1));
    await sample.stop();
    assert.match(said.at(-1) ?? '', /did not stop within 0\.3 s and is killed/);
    assert.ok(await waitUntil(async () => (await commandLineOf(grandchild)) === undefined, 2_000));
  });
});
