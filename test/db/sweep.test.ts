import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { changePolicy, pauseTwin } from '../../src/commands/policy.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { purgeTwin } from '../../src/db/purge-twin.ts';
import { findSweepCandidates, type SweepQuery } from '../../src/db/sweep.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { DEFAULTS, openBench, type Bench } from '../commands/support.ts';

const EVERYBODY = { minEvents: 1, defaultMinEvents: 1, tenantId: null };

describe('what a sweep finds', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const find = async (query: Partial<SweepQuery> = {}) => {
    const found = await findSweepCandidates(bench.database.db, { ...EVERYBODY, limit: 100, ...query });
    return found.map(({ twin_id, reason }) => `${twin_id} ${reason}`);
  };
  const waiting = async (votes = 1, options: Parameters<Bench['twin']>[0] = {}) => {
    const twin = await bench.twin(options);
    await bench.cast(
      twin,
      Array.from({ length: votes }, () => ({})),
    );
    return twin;
  };
  const set = (twin: TwinRef, column: string, interval: string | null) =>
    bench.database.db.execute(sql`update twin_state
      set ${sql.raw(column)} = clock_timestamp() + ${interval}::interval where twin_id = ${twin.id}`);

  it('a due twin, by the larger of its own minimum and the sweep’s', async () => {
    const [three, six] = [await waiting(3), await waiting(6, { policy: { min_events: 4 } })];
    assert.deepEqual(await find(), [`${three.id} due`, `${six.id} due`]);
    assert.deepEqual(await find({ minEvents: 4 }), [`${six.id} due`]);
    assert.deepEqual(await find({ defaultMinEvents: 4 }), [`${six.id} due`], "the environment's, where it names none");
    assert.deepEqual(await find({ minEvents: 7 }), []);
    await changePolicy(bench.database, six, 'key:owner', { min_events: 7 }, DEFAULTS);
    assert.deepEqual(await find(), [`${three.id} due`]);
  });

  it('none that is paused, cooling down, in an import, without a persona, without votes, or at work', async () => {
    const twin = await waiting();
    for (const column of ['cooldown_until', 'deferred_until']) {
      await set(twin, column, '1 minute');
      assert.deepEqual(await find(), [], column);
      await set(twin, column, '-1 second');
      assert.deepEqual(await find(), [`${twin.id} due`], column);
    }
    await waiting(1, { spec: false });
    await bench.twin();
    const working = await waiting(1, { policy: { min_events: 1, cooldown_minutes: 0 } });
    await bench.claim(working);
    await bench.castOne(working);
    assert.deepEqual(await find(), [`${twin.id} due`]);
    await pauseTwin(bench.database, twin, 'key:owner');
    assert.deepEqual(await find(), []);
  });

  it('an open job that nobody touched for 5 minutes, even of a paused twin', async () => {
    const twin = await waiting(1, { policy: { min_events: 1 } });
    const jobId = await bench.claim(twin);
    await pauseTwin(bench.database, twin, 'key:owner');
    const touched = (when: string) =>
      bench.database.db.execute(sql`
        update jobs set updated_at = clock_timestamp() + ${when}::interval where id = ${jobId}`);
    await touched('-4 minutes 50 seconds');
    assert.deepEqual(await find(), []);
    await touched('-5 minutes -1 second');
    assert.deepEqual(await find({ minEvents: 1_000 }), [`${twin.id} stale_job`], 'repair needs no votes');
    await bench.complete(twin, jobId);
    assert.deepEqual(await find(), []);
  });

  it('a deleted twin until it is purged, and nothing else of it', async () => {
    const twin = await waiting(1, { policy: { min_events: 1 } });
    const jobId = await bench.claim(twin);
    await bench.database.db.execute(sql`update jobs set updated_at = now() - interval '1 hour' where id = ${jobId}`);
    await deleteTwin(bench.database, twin, 'key:owner');
    assert.deepEqual(await find(), [`${twin.id} not_purged`]);
    await purgeTwin(bench.database, twin.id, () => {});
    assert.deepEqual(await find(), []);
  });

  it('repairs first, then who waits longest; up to a limit; of one tenant where it names one', async () => {
    const [late, early, theirs] = [await waiting(), await waiting(), await waiting(1, { tenant: 'theirs' })];
    await set(late, 'oldest_pending_at', '-1 minute');
    await set(early, 'oldest_pending_at', '-1 hour');
    const gone = await bench.twin();
    await deleteTwin(bench.database, gone, 'key:owner');
    const all = [`${gone.id} not_purged`, `${early.id} due`, `${late.id} due`, `${theirs.id} due`];
    assert.deepEqual(await find(), all);
    assert.deepEqual(await find({ limit: 2 }), all.slice(0, 2));
    assert.deepEqual(await find({ tenantId: 'theirs' }), [`${theirs.id} due`]);
    assert.deepEqual(await find({ tenantId: 'nobody' }), []);

    await set(theirs, 'oldest_pending_at', '-1 minute');
    await bench.database.db.execute(sql`update twin_state set oldest_pending_at = '2026-01-01T00:00:00.123456Z'
      where twin_id in (${late.id}, ${theirs.id})`);
    const whole = await findSweepCandidates(bench.database.db, { ...EVERYBODY, limit: 100 });
    const paged: typeof whole = [];
    for (let after = undefined as (typeof whole)[number] | undefined; ; after = paged.at(-1)) {
      const page = await findSweepCandidates(bench.database.db, { ...EVERYBODY, limit: 1, after });
      if (page.length === 0) break;
      paged.push(...page);
    }
    assert.deepEqual(paged, [...whole], 'page by page the same, with equal instants too');
  });
});
