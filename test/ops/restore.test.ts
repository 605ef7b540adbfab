import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { sql } from 'drizzle-orm';
import { changePolicy } from '../../src/commands/policy.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { runSweep } from '../../src/control/sweep.ts';
import { migrateDatabase, pendingMigrations } from '../../src/db/migrate.ts';
import { twinWorkflowId } from '../../src/workflows/contract.ts';
import { findPostgresPrograms, startDumpablePostgres, type DumpablePostgres } from '../support/dumpable-postgres.ts';
import { barrier, hookedFits } from '../support/hooked-fits.ts';
import { assertInvariants } from '../support/invariants.ts';
import { eventually, startSystem, DEFAULTS, type TestSystem } from '../support/system.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { startOwnTemporal } from '../support/temporal.ts';
import { addTwin, DECISIVE, OWNER, type TestTwin } from '../support/twins.ts';

const LIVE = 'live';
/** Longer than the pause before an interrupted step's next attempt. */
const PATIENCE_MS = 40_000;

/** A back-up is of one moment; the Temporal that it is restored beside has gone on, or is new. */
describe('a restored back-up', function () {
  this.timeout(90_000);
  let folder: TemporaryFolder;
  let postgres: DumpablePostgres;
  let older: TestWorkflowEnvironment;
  let fresh: TestWorkflowEnvironment;
  let live: TestSystem;
  let dump: string;
  let twins: Record<'rested' | 'learning' | 'due' | 'few' | 'deletedLater', TestTwin>;
  let unknown: Record<'made' | 'learningNow', TestTwin>;
  let countsAtDump: Readonly<Record<string, number>>;
  const restoredSystems: TestSystem[] = [];

  const systemOn = (database: string, temporal: TestWorkflowEnvironment) =>
    startSystem(
      DEFAULTS,
      async () => ({
        address: temporal.address,
        client: temporal.client,
        nativeConnection: temporal.nativeConnection,
      }),
      async () => ({ url: postgres.urlOf(database), drop: async () => {} }),
    );
  const statusIn = async ({ client }: TestWorkflowEnvironment, { ref }: TestTwin) =>
    (await client.workflow.getHandle(twinWorkflowId(ref.id)).describe()).status.name;
  const counts = async ({ database }: TestSystem) => {
    const tables = await database.db.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
    );
    const all: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await database.db.execute<{ n: number }>(
        sql`select count(*)::int as n from ${sql.identifier(name)}`,
      );
      all[name] = row?.n ?? -1;
    }
    return all;
  };

  before(async function () {
    const bin = findPostgresPrograms();
    if (bin === undefined) {
      process.stdout.write('    skipped: no Postgres server with a pg_dump of its version on this machine\n');
      return this.skip();
    }
    folder = await createTemporaryFolder();
    dump = join(folder.path, 'twinloop.dump');
    [postgres, older, fresh] = await Promise.all([
      startDumpablePostgres(bin, join(folder.path, 'data')),
      startOwnTemporal(),
      startOwnTemporal(),
    ]);
    await postgres.run('createdb', LIVE);
    await migrateDatabase(postgres.urlOf(LIVE));
    live = await systemOn(LIVE, older);
    const hooked = hookedFits(live);
    await live.startWorker({ fits: hooked.fits });

    const open = barrier();
    hooked.hooks.set('stopped', { learn: open.wait });
    twins = {
      rested: await addTwin(live, { name: 'rested' }),
      learning: await addTwin(live, { name: 'learning', tenant: 'stopped' }),
      due: await addTwin(live, { name: 'due' }),
      few: await addTwin(live, { name: 'few' }),
      deletedLater: await addTwin(live, { name: 'deleted-later' }),
    };
    await twins.rested.capture();
    await twins.rested.ended();
    await twins.few.capture({ count: 3 });
    await twins.learning.capture();
    await open.reached;
    await twins.due.vote();
    countsAtDump = await counts(live);
    await postgres.run('pg_dump', '--format=custom', `--file=${dump}`, LIVE);

    // What the back-up knows nothing of: Temporal does.
    open.open();
    hooked.hooks.delete('stopped');
    let attempts = 0;
    hooked.hooks.set('stopped-later', {
      learn: async () => {
        attempts += 1;
        throw new Error('planned: no fit');
      },
    });
    unknown = {
      made: await addTwin(live, { name: 'made-later' }),
      learningNow: await addTwin(live, { name: 'learning-now', tenant: 'stopped-later' }),
    };
    await twins.learning.ended();
    await twins.few.capture();
    await twins.few.ended();
    await unknown.made.capture();
    await unknown.made.ended();
    assert.ok(await deleteTwin(live.database, twins.deletedLater.ref, OWNER));
    await twins.deletedLater.changed();
    await eventually('its purge', async () => (await statusIn(older, twins.deletedLater)) === 'COMPLETED');
    // Last, so that its next attempt is a second away, and the restored system's to make.
    await unknown.learningNow.capture();
    await eventually('a failed attempt', async () => attempts > 0);
    await live.stop();
  });
  after(async () => {
    // A Temporal cannot go while workers hold its connection.
    for (const system of restoredSystems) await system.stop();
    await Promise.all([older?.teardown(), fresh?.teardown()]);
    await postgres?.stop();
    await folder?.remove();
  });

  async function restored(name: string, temporal: TestWorkflowEnvironment): Promise<TestSystem> {
    await postgres.run('createdb', name);
    await postgres.run('pg_restore', '--exit-on-error', `--dbname=${name}`, dump);
    const system = await systemOn(name, temporal);
    restoredSystems.push(system);
    assert.equal(await pendingMigrations(system.database.sql), 0);
    assert.deepEqual(await counts(system), countsAtDump);
    // A back-up is older than the five minutes after which the sweep takes an open job for left.
    await system.database.db.execute(sql`update jobs set updated_at = updated_at - interval '6 minutes'`);
    return system;
  }

  async function sweepHeals(system: TestSystem, temporal: TestWorkflowEnvironment): Promise<void> {
    await system.startWorker();
    const { database, control } = system;
    const sweep = await runSweep({ db: database.db, control, defaultMinEvents: 5 }, { minEvents: 5, limitTwins: 100 });
    assert.deepEqual(
      sweep.decisions.map(({ twin_id, reason }) => [twin_id, reason]),
      [
        [twins.learning.ref.id, 'stale_job'],
        [twins.due.ref.id, 'due'],
      ],
    );
    const decided = () =>
      database.db.execute<{ twin_id: string; publish_decision: string }>(
        sql`select twin_id, publish_decision from persona_feedback_learning_runs where completed_at is not null`,
      );
    const ended = await eventually('three ended runs', async () => {
      const rows = await decided();
      return rows.length === 3 && [...rows];
    });
    assert.deepEqual(new Set(ended.map(({ publish_decision }) => publish_decision)), new Set(['held']));
    await assertInvariants({ database, client: temporal.client }, { settled: true });
  }

  it('beside a Temporal that knows nothing: the sweep finds what is open and due, and all invariants hold', async () => {
    const system = await restored('beside_fresh', fresh);
    await sweepHeals(system, fresh);
    // The rest begin again with their next vote.
    const { database, control } = system;
    await system.database.db.execute(sql`update twin_state set cooldown_until = null`);
    assert.ok(await control.poke(twins.few.ref, 'feedbackCaptured', 'feedback_event'));
    assert.equal(await statusIn(fresh, twins.few), 'RUNNING');
    await assertInvariants({ database, client: fresh.client }, { settled: true });
  });

  it('beside a Temporal that is newer: what it knows more comes to an end, and all invariants hold', async () => {
    const system = await restored('beside_older', older);
    await sweepHeals(system, older);
    const statusOf = (twin: TestTwin) => statusIn(older, twin);
    // Its job is not in the database: the workflow gives it up, plans, and finds no such twin.
    await eventually(
      'the end of what was learning',
      async () => (await statusOf(unknown.learningNow)) === 'COMPLETED',
      PATIENCE_MS,
    );
    // Waits for a cooldown that is none; the first change ends it.
    assert.ok(await system.control.poke(unknown.made.ref, 'stateChanged'));
    await eventually('the end of a twin that is not', async () => (await statusOf(unknown.made)) === 'COMPLETED');

    // Deleted since, so it is there again, and has to be deleted again; its workflow is over, the next one begins.
    assert.equal(await statusOf(twins.deletedLater), 'COMPLETED');
    assert.ok(await deleteTwin(system.database, twins.deletedLater.ref, OWNER));
    assert.ok(await system.control.poke(twins.deletedLater.ref, 'stateChanged'));
    await eventually('the purge', async () => (await statusOf(twins.deletedLater)) === 'COMPLETED');

    // Learned since, so its workflow waits for the cooldown of a run that is not, deaf to votes: the sweep wakes it.
    const { database, control, defaults } = system;
    assert.ok(await changePolicy(database, twins.few.ref, OWNER, { min_events: 3 }, defaults));
    assert.ok(await control.poke(twins.few.ref, 'feedbackCaptured', 'feedback_event'));
    const sweep = await runSweep({ db: database.db, control, defaultMinEvents: 5 }, { minEvents: 3, limitTwins: 100 });
    assert.deepEqual(sweep.decisions, [{ twin_id: twins.few.ref.id, enqueued: true, reason: 'due' }]);
    await eventually('its run', async () => {
      const rows = await database.db.execute(sql`
        select 1 from persona_feedback_learning_runs where twin_id = ${twins.few.ref.id} and completed_at is not null`);
      return rows.length === 1;
    });
    await assertInvariants({ database: system.database, client: older.client }, { settled: true });
  });

  it('has all the votes that were in the dump', () => {
    assert.equal(countsAtDump['persona_training_events'], 3 * DECISIVE + 3);
  });
});
