import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { childEnvironment } from '../../src/config.ts';
import { takenVersions } from '../../src/db/spec-writes.ts';
import { assertWell } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

const WORKER = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));

/** The worker as production runs it: a process of its own, that can be killed. */
describe('a worker that is killed in the middle of a step', function () {
  this.timeout(60_000);
  let system: TestSystem;
  let killed: ChildProcess;
  let output = '';

  before(async () => {
    system = await startSystem();
    const own = { DATABASE_URL: system.url, TEMPORAL_ADDRESS: system.address };
    const env = childEnvironment(own, (name) => /^(TEMPORAL|FEEDBACK)_/.test(name));
    killed = spawn(process.execPath, ['--import', 'tsx', WORKER], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [killed.stdout, killed.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    await eventually(`the worker polling:\n${output}`, async () => output.includes('worker is polling'));
  });
  after(async () => {
    killed.kill('SIGKILL');
    await system.stop();
  });

  it('is replaced within its heartbeat, and the job is done once', async () => {
    const twin = await addTwin(system, { name: 'killed', tenant: freshId('tenant'), policy: { auto_publish: true } });
    const { db } = system.database;
    const holder = postgres(system.url, { max: 1 });
    await holder.begin(async (tx) => {
      // Inserts wait: the step stops at its snapshot, when it has claimed the job and holds no lock of the twin.
      await tx`lock table learning_snapshots in share mode`;
      await twin.capture();
      const blocked = () =>
        db.execute(sql`select from pg_stat_activity where wait_event_type = 'Lock'
        and datname = current_database() and query ilike 'insert into "learning_snapshots"%'`);
      await eventually('the step at its snapshot', async () => (await blocked()).length === 1);
      killed.kill('SIGKILL');
      await once(killed, 'exit');
    });
    await holder.end();
    const [before] = await twin.jobs();
    assert.deepEqual([before?.status, before?.step], ['processing', 'learn']);

    const killedAt = Date.now();
    await system.startWorker();
    const run = await twin.ended(1, 40_000);
    const recovered = Date.now() - killedAt;
    assert.ok(recovered < 25_000, `${recovered} ms; the heartbeat is 10 s`);
    assert.deepEqual([run.publish_decision, run.candidate_version], ['published', '1.0.1']);
    const [after, ...more] = await twin.jobs();
    assert.deepEqual([after?.id, more], [before?.id, []]);
    assert.ok((after?.epoch ?? 0) > (before?.epoch ?? 0));
    assert.deepEqual(await takenVersions(db, twin.ref.id), ['1.0.0', '1.0.1']);
    assert.equal((await twin.logs(run.job_id)).length, 5);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
