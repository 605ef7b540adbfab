import assert from 'node:assert/strict';
import { assertWell, eventsOf, scheduled } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

/** Above the workflow's own limit of 2,000 events. */
const STORM = 2_050;

describe('the twin workflow under junk and storms', () => {
  let system: TestSystem;
  const tenant = freshId('tenant');

  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  for (const [name, args] of [
    ['feedbackCaptured', ['abc']],
    ['feedbackCaptured', [null]],
    ['feedbackCaptured', [{ source: 5 }]],
    ['feedbackCaptured', [[], {}, 3]],
    ['stateChanged', ['abc']],
    ['stateChanged', [{ source: { source: 'manual' } }]],
    ['stateChanged', [{ source: '__proto__' }]],
    ['nobodyKnowsThis', ['abc']],
    ['nobodyKnowsThis', []],
  ] as const) {
    it(`lives on after ${name}(${JSON.stringify(args).slice(1, -1)})`, async () => {
      const twin = await addTwin(system, { name: 'junk', tenant });
      await twin.changed();
      await twin.workflow.signal(name, ...args);
      await twin.workflow.signal(name, ...args);
      await twin.capture({ count: 5, against: null });
      await twin.ended(1, 10_000);
      assert.equal((await twin.jobs())[0]?.metadata.trigger, 'feedback_event');
    });
  }

  it('answers an update without a request with an error, and lives on', async () => {
    const twin = await addTwin(system, { name: 'junk-update', tenant });
    await twin.changed();
    await assert.rejects(twin.workflow.executeUpdate('requestRun', { args: [] }));
    await assert.rejects(twin.workflow.executeUpdate('requestRun', { args: ['abc'] }));
    await assert.rejects(twin.workflow.executeUpdate('nobodyKnowsThis', { args: [] }));
    await twin.capture({ count: 5, against: null });
    await twin.ended(1, 10_000);
  });

  it('takes 300 pokes at once as a few plans and one run', async () => {
    const twin = await addTwin(system, { name: 'pokes', tenant });
    await twin.changed();
    await twin.vote({ count: 5, against: null });
    // Not by the control: its calls end after two seconds, and a busy machine takes longer for so many.
    const poke = { source: 'feedback_event' };
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        twin.workflow.signal(n % 2 === 0 ? 'feedbackCaptured' : 'stateChanged', poke),
      ),
    );
    await twin.ended(1);
    await twin.waiting();
    assert.equal((await twin.jobs()).length, 1);
    const events = await eventsOf(twin.workflow);
    assert.equal(events.filter((event) => event.workflowExecutionSignaledEventAttributes).length, 301);
    assert.ok(scheduled(events, 'plan') < 100, `${scheduled(events, 'plan')} plans`);
  });

  it('continues as new in the middle of a cooldown, keeps waiting, and learns afterwards', async function () {
    this.timeout(60_000);
    const twin = await addTwin(system, { name: 'storm', tenant });
    await twin.capture({ count: 5, against: null });
    await twin.ended(1);
    await twin.waiting();
    const { runId } = await twin.workflow.describe();
    await twin.vote({ count: 5, against: null });
    const { cooldown_until } = await twin.learning();
    let left = STORM;
    const send = async () => {
      while (left-- > 0) await twin.workflow.signal('feedbackCaptured');
    };
    await Promise.all(Array.from({ length: 40 }, send));
    const next = await eventually('a new execution', async () => {
      const found = await twin.workflow.describe();
      return found.runId !== runId && found;
    });
    assert.equal(next.status.name, 'RUNNING');
    const { until } = await twin.waiting();
    assert.ok(until !== null && Math.abs(Date.parse(until) - Date.parse(cooldown_until ?? '')) < 50, `until ${until}`);
    assert.equal((await twin.jobs()).length, 1);
    const [first] = await twin.jobs();
    const minutes = (Date.now() - (first?.created_at.getTime() ?? 0) + 2_000) / 60_000;
    await twin.changePolicy({ cooldown_minutes: minutes });
    assert.notEqual((await twin.waiting()).until, null);
    assert.equal((await twin.jobs()).length, 1);
    await twin.ended(2);
    assert.ok((await twin.workflow.describe()).historyLength < 200);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
