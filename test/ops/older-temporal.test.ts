import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { hookedFits } from '../support/hooked-fits.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, eventually, startSystem, type TestSystem } from '../support/system.ts';
import { startOwnTemporal } from '../support/temporal.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { addTwin, type TestTwin } from '../support/twins.ts';

const TENANT = 'stopped';

/** The other way round than a restored database: Temporal is of a back-up, and the database has gone on. */
describe('a Temporal of a back-up beside a database that has gone on', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let database: TestDatabase;
  let running: { readonly system: TestSystem; readonly temporal: TestWorkflowEnvironment } | undefined;

  const startOn = async (file: string): Promise<TestSystem> => {
    const temporal = await startOwnTemporal(['--db-filename', file]);
    const system = await startSystem(
      DEFAULTS,
      async () => ({ address: temporal.address, client: temporal.client, nativeConnection: temporal.nativeConnection }),
      async () => ({ url: database.url, drop: async () => {} }),
    );
    running = { system, temporal };
    return system;
  };
  const stop = async (): Promise<void> => {
    await running?.system.stop();
    await running?.temporal.teardown();
    running = undefined;
  };

  before(async () => {
    folder = await createTemporaryFolder();
    database = await createTestDatabase();
  });
  after(async () => {
    await stop();
    await database.drop();
    await folder.remove();
  });

  it('finds its jobs done, does none of them twice, and goes on', async () => {
    const [now, older] = ['now.db', 'older.db'].map((name) => join(folder.path, name)) as [string, string];
    const first = await startOn(now);
    const hooked = hookedFits(first);
    let attempts = 0;
    hooked.hooks.set(TENANT, {
      learn: async () => {
        attempts += 1;
        throw new Error('planned: no fit');
      },
    });
    await first.startWorker({ fits: hooked.fits });
    const twin: TestTwin = await addTwin(first, { tenant: TENANT });
    await twin.capture();
    await eventually('a failed attempt', async () => attempts > 0);
    await stop();
    await cp(now, older);

    const second = await startOn(now);
    await second.startWorker();
    const readJobs = ({ database: { sql } }: TestSystem) =>
      sql`select id, status, completed_at from jobs where twin_id = ${twin.ref.id}`;
    const done = await eventually('the job done', async () => {
      const [job] = await readJobs(second);
      return job?.['status'] === 'complete' && job;
    });
    await stop();

    const third = await startOn(older);
    await third.startWorker();
    const workflow = third.client.workflow.getHandle(twin.workflow.workflowId);
    await eventually('the workflow waiting', async () => {
      const { phase } = await workflow.query<{ phase: string }>('learningState');
      return phase === 'waiting';
    });
    assert.deepEqual([...(await readJobs(third))], [done], 'neither done again nor joined by another');
    await assertInvariants({ database: third.database, client: third.client }, { settled: true });
  });
});
