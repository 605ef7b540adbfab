import assert from 'node:assert/strict';
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { pauseTwin } from '../../src/commands/policy.ts';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../../src/db/advisory-lock.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { ensureSweepSchedule } from '../../src/schedule.ts';
import { SWEEP_SCHEDULE_ID, TASK_QUEUES, type SweepInput, type SweepSummary } from '../../src/workflows/contract.ts';
import { assertWell } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, OWNER } from '../support/twins.ts';

describe('the sweep', () => {
  let system: TestSystem;
  const tenant = freshId('tenant');

  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(async () => {
    await removeSchedule();
    await system.stop();
  });

  const schedule = () => system.client.schedule.getHandle(SWEEP_SCHEDULE_ID);
  const removeSchedule = () =>
    schedule()
      .delete()
      .catch((error: unknown) => assert.ok(error instanceof ScheduleNotFoundError, String(error)));
  const ensure = () =>
    ensureSweepSchedule(system.client, (work) =>
      withAdvisoryLock(system.database.sql, ADVISORY_LOCKS.sweepSchedule, work),
    );
  const sweep = (input: SweepInput): Promise<SweepSummary> =>
    system.client.workflow.execute<(input: SweepInput) => Promise<SweepSummary>>('sweepWorkflow', {
      workflowId: freshId('sweep'),
      taskQueue: TASK_QUEUES.control,
      args: [input],
    });

  it('finds a due twin whose poke was lost when the Schedule is triggered, and names itself as the trigger', async () => {
    await removeSchedule();
    assert.equal(await ensure(), 'created');
    const twin = await addTwin(system, { name: 'lost', tenant });
    await twin.vote({ count: 5, against: null });
    await schedule().trigger(ScheduleOverlapPolicy.SKIP);
    await twin.ended();
    assert.equal((await twin.jobs())[0]?.metadata.trigger, 'scheduled_sweep');
    const { recentActions } = (await schedule().describe()).info;
    assert.equal(recentActions.length, 1);
  });

  it("runs on request while an operator's pause holds, and a deploy keeps that pause", async () => {
    await schedule().pause('database upgrade');
    assert.equal(await ensure(), 'updated');
    assert.equal((await schedule().describe()).state.paused, true);
    const twin = await addTwin(system, { name: 'while-paused', tenant });
    await twin.vote({ count: 5, against: null });
    await schedule().trigger(ScheduleOverlapPolicy.SKIP);
    await twin.ended();
  });

  it('pokes only who is due, oldest first, up to its limit, and says so', async () => {
    const own = freshId('tenant');
    const twins = [];
    for (const [name, count, policy] of [
      ['first', 5, {}],
      ['few', 4, {}],
      ['second', 5, {}],
      ['strict', 9, { min_events: 10 }],
      ['third', 5, {}],
    ] as const) {
      const twin = await addTwin(system, { name, tenant: own, policy });
      await twin.vote({ count, against: null });
      twins.push(twin);
    }
    const paused = await addTwin(system, { name: 'paused', tenant: own });
    await paused.vote({ count: 5, against: null });
    assert.ok(await pauseTwin(system.database, paused.ref, OWNER));
    const bare = await addTwin(system, { name: 'bare', tenant: own, spec: null });
    await bare.vote({ count: 5, against: null });
    const [first, , second, , third] = twins;

    assert.deepEqual(await sweep({ minEvents: 50, limitTwins: 20, tenantId: own }), {
      status: 'completed',
      required_events: 50,
      twins_considered: 0,
      jobs_enqueued: 0,
      decisions: [],
    });
    const { decisions, ...summary } = await sweep({ minEvents: 5, limitTwins: 2, tenantId: own });
    const due = { enqueued: true, reason: 'due' };
    assert.deepEqual(decisions, [
      { twin_id: first?.ref.id, ...due },
      { twin_id: second?.ref.id, ...due },
    ]);
    assert.deepEqual(summary, { status: 'completed', required_events: 5, twins_considered: 2, jobs_enqueued: 2 });
    await Promise.all([first?.ended(), second?.ended()]);
    assert.deepEqual((await sweep({ minEvents: 5, limitTwins: 2, tenantId: own })).decisions, [
      { twin_id: third?.ref.id, ...due },
    ]);
    await third?.ended();
  });

  it('finishes a deletion whose poke was lost', async () => {
    const own = freshId('tenant');
    const twin = await addTwin(system, { name: 'deleted', tenant: own });
    await twin.vote({ count: 1, against: null });
    assert.ok(await deleteTwin(system.database, twin.ref, OWNER));
    const input = { minEvents: 5, limitTwins: 2, tenantId: own };
    assert.deepEqual((await sweep(input)).decisions, [{ twin_id: twin.ref.id, enqueued: true, reason: 'not_purged' }]);
    await eventually('purged', async () => (await twin.workflow.describe()).status.name === 'COMPLETED');
    assert.deepEqual((await sweep(input)).decisions, []);
  });

  it('erases what is of age, and shows how much', async () => {
    const twin = await addTwin(system, { name: 'old', tenant: freshId('tenant') });
    await twin.vote({ count: 3, comment: 'said long ago' });
    const { db } = system.database;
    await db.execute(sql`update persona_training_events set created_at = now() - interval '181 days'
      where twin_id = ${twin.ref.id}`);
    await db.execute(sql`update twin_state set oldest_text_at = 'epoch' where twin_id = ${twin.ref.id}`);
    const run = await system.client.workflow.start<(input: SweepInput) => Promise<SweepSummary>>('sweepWorkflow', {
      workflowId: freshId('sweep'),
      taskQueue: TASK_QUEUES.control,
      args: [{ minEvents: 1_000, limitTwins: 1 }],
    });
    await run.result();
    const texts = await db.execute(sql`select from persona_training_events
      where twin_id = ${twin.ref.id} and num_nonnulls(comment, query, answer) > 0`);
    assert.equal(texts.length, 0);
    const details = await run.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    assert.match(details.currentDetails ?? '', /erased the texts of 3 votes/);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
