import assert from 'node:assert/strict';
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../../src/db/advisory-lock.ts';
import { openDatabase } from '../../src/db/client.ts';
import type { OpenDatabase } from '../../src/db/client.ts';
import { ensureSweepSchedule } from '../../src/schedule.ts';
import { SWEEP_SCHEDULE_ID } from '../../src/workflows/contract.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { useTemporal } from '../support/temporal.ts';

describe('the sweep Schedule', () => {
  let client: Client;
  let own: TestDatabase;
  let database: OpenDatabase;

  before(async () => {
    ({ client } = await useTemporal());
    own = await createTestDatabase();
    database = openDatabase(own.url);
  });
  beforeEach(remove);
  after(async () => {
    await remove();
    await database.close();
    await own.drop();
  });

  async function remove(): Promise<void> {
    await client.schedule
      .getHandle(SWEEP_SCHEDULE_ID)
      .delete()
      .catch((error: unknown) => assert.ok(error instanceof ScheduleNotFoundError, String(error)));
  }

  const ensure = () =>
    ensureSweepSchedule(client, (work) => withAdvisoryLock(database.sql, ADVISORY_LOCKS.sweepSchedule, work));

  it('sweeps every 15 minutes, never two at once, and forgets what it missed long ago', async () => {
    assert.equal(await ensure(), 'created');
    const { spec, action, policies, state } = await client.schedule.getHandle(SWEEP_SCHEDULE_ID).describe();
    assert.deepEqual(
      spec.intervals?.map(({ every }) => every),
      [15 * 60_000],
    );
    assert.equal(spec.jitter, 30_000);
    assert.deepEqual(policies, {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: 5 * 60_000,
      pauseOnFailure: false,
    });
    assert.equal(action.workflowType, 'sweepWorkflow');
    assert.equal(action.taskQueue, 'twin-control');
    assert.deepEqual(action.args, [{ minEvents: 5, limitTwins: 100 }]);
    assert.equal(action.workflowRunTimeout, 14 * 60_000);
    assert.equal(state.paused, false);
  });

  it("keeps an operator's pause over a deploy, and mends what was changed by hand", async () => {
    await ensure();
    const handle = client.schedule.getHandle(SWEEP_SCHEDULE_ID);
    await handle.update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '1 day' }] },
      state: { paused: true, note: 'database upgrade' },
    }));
    assert.equal(await ensure(), 'updated');
    const { spec, state } = await handle.describe();
    assert.equal(spec.intervals?.[0]?.every, 15 * 60_000);
    assert.deepEqual([state.paused, state.note], [true, 'database upgrade']);
  });

  it('is made once by ten that start together', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, ensure));
    assert.equal(answers.filter((answer) => answer === 'created').length, 1);
  });
});

describe('an advisory lock', () => {
  it('lets one in at a time, and is free again after a failure', async () => {
    const own = await createTestDatabase();
    const database = openDatabase(own.url);
    try {
      let inside = 0;
      const work = async (fails: boolean): Promise<void> => {
        inside += 1;
        assert.equal(inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
        if (fails) throw new Error('planned');
      };
      const results = await Promise.allSettled(
        [true, false, true, false].map((fails) => withAdvisoryLock(database.sql, 42, () => work(fails))),
      );
      assert.deepEqual(
        results.map(({ status }) => status),
        ['rejected', 'fulfilled', 'rejected', 'fulfilled'],
      );
    } finally {
      await database.close();
      await own.drop();
    }
  });
});
