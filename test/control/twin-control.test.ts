import assert from 'node:assert/strict';
import { Client, Connection, WorkflowUpdateFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, type RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { troubleOf } from '../../src/control/trouble.ts';
import { WorkflowUnavailableError, createTwinControl, type TwinControl } from '../../src/control/twin-control.ts';
import { freePort } from '../../src/dev/ports.ts';
import { assertWell, eventsOf } from '../support/histories.ts';
import { startMuteProxy } from '../support/mute-proxy.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, OWNER } from '../support/twins.ts';

interface Reported {
  readonly message: string;
  readonly level: string;
}

/** A control on a connection of its own, and what it reports. */
async function withControl(
  address: string,
  namespace: string,
  work: (control: TwinControl, reported: Reported[]) => Promise<void>,
): Promise<void> {
  const connection = Connection.lazy({ address });
  const reported: Reported[] = [];
  const control = createTwinControl(new Client({ connection, namespace }), (message, level) =>
    reported.push({ message, level }),
  );
  try {
    await work(control, reported);
  } finally {
    await control.settle();
    await connection.close();
  }
}

function assertReported(reported: readonly Reported[], level: string, message: RegExp): void {
  assert.equal(reported.length, 1);
  assert.equal(reported[0]?.level, level);
  assert.match(reported[0]?.message ?? '', message);
}

describe('the control of twins', () => {
  let system: TestSystem;
  const tenant = freshId('tenant');
  const request = () => ({ request_id: freshId('request'), force: true, actor: OWNER });

  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  it('warns of a poke while Temporal is away', async () => {
    const twin = await addTwin(system, { tenant });
    await withControl(`127.0.0.1:${await freePort()}`, 'default', async (control, reported) => {
      assert.equal(await control.poke(twin.ref, 'stateChanged'), false);
      assertReported(reported, 'warning', /the sweep (will repair|repairs) it/);
    });
  });

  it('says of a poke without an answer that it may have arrived; it did, and another is no harm', async () => {
    const [first, second] = [await addTwin(system, { tenant }), await addTwin(system, { tenant })];
    const proxy = await startMuteProxy(system.address);
    await withControl(proxy.address, 'default', async (control, reported) => {
      assert.equal(await control.poke(first.ref, 'stateChanged'), true);
      await second.vote({ count: 5, against: null });
      proxy.muted = true;
      assert.equal(await control.poke(second.ref, 'feedbackCaptured', 'feedback_event'), false);
      assertReported(reported, 'warning', /may have arrived, and the sweep repairs it otherwise/);
      await second.ended();
      await second.changed();
      await second.waiting();
      assert.equal((await second.jobs()).length, 1);

      await assert.rejects(control.requestRun(first.ref, request()), WorkflowUnavailableError);
      await first.ended();
    });
    proxy.close();
  });

  it('calls a refusal by Temporal an error: no sweep repairs it', async () => {
    const twin = await addTwin(system, { tenant });
    await withControl(system.address, 'no-such-namespace', async (control, reported) => {
      assert.equal(await control.poke(twin.ref, 'stateChanged'), false);
      assertReported(reported, 'error', /was refused.*NamespaceNotFound$/);
      const refused = { name: 'RunRefusedError', code: 'NamespaceNotFound' };
      await assert.rejects(control.requestRun(twin.ref, request()), refused);
    });
  });

  it('tells a request that the workflow refuses from a workflow that does not answer', async () => {
    const twin = await addTwin(system, { tenant });
    const refused = { name: 'RunRefusedError', code: 'BadInput' };
    await assert.rejects(system.control.requestRun(twin.ref, { ...request(), actor: '' }), refused);
    const events = await eventsOf(twin.workflow);
    assert.ok(!events.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes));
  });

  it('calls the end of its activity a fault where no other attempt can help', () => {
    const failed = (retryState: RetryState, cause: Error) =>
      troubleOf(
        new WorkflowUpdateFailedError(
          'failed',
          new ActivityFailure('failed', 'claimRequestedRun', '1', retryState, 'worker', cause),
        ),
      );
    const typed = (type: string) => ApplicationFailure.create({ type, message: 'x' });
    assert.deepEqual(failed('NON_RETRYABLE_FAILURE', typed('TypeError')), { trouble: 'fault', code: 'TypeError' });
    assert.deepEqual(failed('TIMEOUT', typed('DatabaseError')), { trouble: 'away', code: 'DatabaseError' });
    const timeout = new TimeoutFailure('slow', undefined, TimeoutType.SCHEDULE_TO_CLOSE);
    assert.deepEqual(failed('TIMEOUT', timeout), { trouble: 'away', code: 'TimeoutFailure' });
    const ended = new WorkflowUpdateFailedError('failed', typed('AcceptedUpdateCompletedWorkflow'));
    assert.equal(troubleOf(ended).trouble, 'away');
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
