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
    console.log('OUT', output);
    if (frozen.exitCode === null && frozen.signalCode === null) {
      const exit = once(frozen, 'exit');
      frozen.kill('SIGKILL');
      await exit;
    }
    await system.stop();
  });

  it('is replaced within its heartbeat, and writes nothing when it wakes', async () => {
    const twin = await addTwin(system, { name: 'frozen', tenant: freshId('tenant'), policy: { auto_publish: true } });
    const { db } = system.database;
    const holder = postgres(system.url, { max: 1 });
    await holder.begin(async (tx) => {
      // The step stops at its snapshot: it has claimed the job, and holds no lock of the twin.
      await tx`lock table learning_snapshots in access exclusive mode`;
      await twin.capture();
      setTimeout(async () => console.log('PG', [...(await db.execute(sql`select state, wait_event_type, left(query, 200) as q from pg_stat_activity where datname = current_database()`))], [...(await twin.workflow.fetchHistory()).events ?? []].map((e) => [e.eventType, e.activityTaskScheduledEventAttributes?.activityType?.name, e.activityTaskStartedEventAttributes?.lastFailure])), 5000); const blocked = () => db.execute(sql`select from pg_stat_activity where wait_event_type = 'Lock'
        and datname = current_database() and query ilike 'insert into "learning_snapshots"%'`);
      await eventually('the step at its snapshot', async () => (await blocked()).length === 1);
      frozen.kill('SIGSTOP');
    });
    await holder.end();
    const [before] = await twin.jobs();
    assert.deepEqual([before?.status, before?.step], ['processing', 'learn']);

    await system.startWorker();
    const run = await twin.ended(1, 30_000);
    assert.deepEqual([run.publish_decision, run.candidate_version], ['published', '1.0.1']);
    const [after] = await twin.jobs();
    assert.equal(after?.id, before?.id);
    assert.ok((after?.epoch ?? 0) > (before?.epoch ?? 0));
    const logs = await twin.logs(run.job_id);

    frozen.kill('SIGCONT');
    await eventually('the older attempt fenced', async () => output.includes(`job ${run.job_id} has a newer attempt`));
    assert.deepEqual(await takenVersions(db, twin.ref.id), ['1.0.0', '1.0.1']);
    assert.deepEqual(await twin.logs(run.job_id), logs);
    assert.deepEqual((await twin.jobs())[0], after);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
