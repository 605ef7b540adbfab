import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { twinWorkflowId, TWIN_WORKFLOW } from '../../src/workflows/contract.ts';
import { openBench, type Bench } from '../commands/support.ts';
import { findViolations } from '../support/invariants.ts';
import type { InvariantOptions } from '../support/invariants/invariant.ts';
import { freshId } from '../support/system.ts';
import { useTemporal, type TestTemporal } from '../support/temporal.ts';

describe('the invariants of workflows', () => {
  let bench: Bench;
  let temporal: TestTemporal;
  before(async () => {
    [bench, temporal] = await Promise.all([openBench(), useTemporal()]);
  });
  after(() => bench.close());

  const find = async (options: InvariantOptions) => {
    const found = await findViolations({ database: bench.database, client: temporal.client }, options);
    return found.map(({ name, offenders }) => `${name} ${offenders.join()}`);
  };
  /** A workflow of a twin that nobody works on, unless somebody takes its queue. */
  const start = (twinId: string, more: { taskQueue?: string; workflowExecutionTimeout?: string } = {}) =>
    temporal.client.workflow.start(TWIN_WORKFLOW, {
      workflowId: twinWorkflowId(twinId),
      taskQueue: freshId('nobody'),
      args: [{ twinId }],
      ...more,
    } as Parameters<typeof temporal.client.workflow.start>[1]);

  it('I4 finds an open job whose workflow is not there, until the sweep would find it, or it is there', async () => {
    const { db } = bench.database;
    const made = await bench.twin({ policy: { min_events: 1 } });
    await bench.castOne(made);
    const jobId = await bench.claim(made);
    const options = { twinIds: [] };
    assert.deepEqual(await find(options), [`I4 twin ${made.id}: job ${jobId}, workflow never started`]);

    const touched = (when: string) =>
      db.execute(sql`
      update jobs set updated_at = clock_timestamp() + ${when}::interval where id = ${jobId}`);
    await touched('-6 minutes');
    assert.deepEqual(await find(options), []);
    await touched('0 minutes');
    const workflow = await start(made.id);
    assert.deepEqual(await find(options), []);
    await workflow.terminate('a fault');
    assert.deepEqual(await find(options), [`I4 twin ${made.id}: job ${jobId}, workflow TERMINATED`]);
    await bench.complete(made, jobId);
  });

  it('I8 finds a workflow that failed, and one with a long history', async () => {
    const [failed, long] = [freshId('failed'), freshId('long')];
    const workflow = await start(failed, { workflowExecutionTimeout: '1s' });
    await assert.rejects(workflow.result());
    assert.deepEqual(await find({ twinIds: [failed, freshId('never')] }), [`I8 twin ${failed}: TIMED_OUT`]);

    await start(long);
    assert.deepEqual(await find({ twinIds: [long] }), []);
    assert.deepEqual(await find({ twinIds: [long], historyLimit: 2 }), [`I8 twin ${long}: 2 events of history`]);
  });

  it('I8 finds a workflow whose task fails again and again', async () => {
    const [stuck, taskQueue] = [freshId('stuck'), freshId('stuck')];
    await start(stuck, { taskQueue });
    // A worker by hand, so that a workflow can fail without a bundle of broken code.
    const service = temporal.client.workflowService;
    const namespace = 'default';
    const poll = () =>
      temporal.client.withDeadline(Date.now() + 30_000, () =>
        service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue }, identity: 'test' }),
      );
    const failOnce = async () => {
      const { taskToken } = await poll();
      await service.respondWorkflowTaskFailed({ namespace, taskToken, failure: { message: 'does not replay' } });
    };
    await failOnce();
    assert.deepEqual(await find({ twinIds: [stuck] }), [], 'a worker may die during a task');
    await failOnce();
    assert.deepEqual(await find({ twinIds: [stuck] }), [`I8 twin ${stuck}: stuck, workflow task attempt 3`]);
  });

  it('I10 finds feedback text in the payloads of a history', async () => {
    const twin = freshId('told');
    const workflow = await start(twin);
    await workflow.signal('feedbackCaptured', { comment: 'the canary sings' });
    const options = { twinIds: [twin], canaries: ['the canary sings', 'another text'] };
    const [found, ...others] = await find(options);
    assert.match(found!, new RegExp(`^I10 twin-${twin}: the canary sings in event \\d+ of run `));
    assert.deepEqual(others, []);
    assert.deepEqual(await find({ ...options, canaries: ['another text'] }), []);
  });
});
