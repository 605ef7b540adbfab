import assert from 'node:assert/strict';
import { eq } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { pauseTwin, resumeTwin } from '../../src/commands/policy.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { trainingEvents } from '../../src/db/schema/ledger.ts';
import { twins } from '../../src/db/schema/twins.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { assertWell, eventsOf, scheduled } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, OWNER, type TestTwin } from '../support/twins.ts';

/** Minutes of a cooldown that lasts as long as these tests. */
const LONG = 30;
const SECONDS = 1 / 60;

describe('what wakes the twin workflow', () => {
  let system: TestSystem;
  const tenant = freshId('tenant');

  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  const few = (twin: TestTwin, count = 5) => twin.capture({ count, against: null });
  const plans = async (twin: TestTwin) => scheduled(await eventsOf(twin.workflow), 'plan');

  it('the end of a cooldown, for the votes that came in during it', async () => {
    const twin = await addTwin(system, { name: 'timer', tenant, policy: { cooldown_minutes: 4 * SECONDS } });
    await few(twin);
    await twin.ended(1);
    await twin.waiting();
    await few(twin);
    assert.equal((await twin.learning()).state, 'cooldown');
    const second = await twin.ended(2);
    const [one, two] = await twin.jobs();
    assert.deepEqual([second.from_seq, second.to_seq], [5, 10]);
    assert.equal(two?.metadata.trigger, 'feedback_event');
    const waited = (two?.created_at.getTime() ?? 0) - (one?.created_at.getTime() ?? 0);
    assert.ok(waited >= 4_000 && waited < 8_000, `${waited} ms after the first`);
  });

  it('no vote during the cooldown, whatever its number', async () => {
    const twin = await addTwin(system, { name: 'cooling', tenant, policy: { cooldown_minutes: LONG } });
    await few(twin);
    await twin.ended(1);
    const { until } = await twin.waiting();
    const before = await plans(twin);
    for (let n = 0; n < 5; n += 1) await few(twin);
    // A query is answered by a workflow that has seen every signal before it.
    assert.deepEqual(await twin.waiting(), { until });
    const events = await eventsOf(twin.workflow);
    assert.equal(scheduled(events, 'plan'), before);
    assert.equal(events.filter((event) => event.timerStartedEventAttributes).length, 1, 'the timer is not set anew');
    assert.equal((await twin.learning()).pending_events, 25);
  });

  it('a shorter cooldown, at once', async () => {
    const twin = await addTwin(system, { name: 'shorter', tenant, policy: { cooldown_minutes: LONG } });
    await few(twin);
    await twin.ended(1);
    await few(twin);
    await twin.waiting();
    await twin.changePolicy({ cooldown_minutes: 0 });
    await twin.ended(2, 5_000);
  });

  it('a lower threshold, at once', async () => {
    const twin = await addTwin(system, { name: 'lower', tenant, policy: { min_events: 50 } });
    await few(twin);
    await twin.waiting();
    assert.equal((await twin.learning()).state, 'collecting');
    await twin.changePolicy({ min_events: 5 });
    await twin.ended(1, 5_000);
  });

  it('a resume; nothing before it', async () => {
    const twin = await addTwin(system, { name: 'paused', tenant });
    assert.ok(await pauseTwin(system.database, twin.ref, OWNER));
    await few(twin);
    assert.deepEqual(await twin.waiting(), { until: null });
    assert.deepEqual(await twin.jobs(), []);
    assert.ok(await resumeTwin(system.database, twin.ref, OWNER));
    await twin.changed();
    await twin.ended(1, 5_000);
  });

  it('the first spec, with the votes that came in before it', async () => {
    const twin = await addTwin(system, { name: 'bare', tenant, spec: null });
    await few(twin);
    await twin.waiting();
    assert.deepEqual(await twin.jobs(), []);
    assert.match((await twin.learning()).message, /create a first persona spec/);
    assert.ok(await createSpec(system.database, twin.ref, OWNER, { spec: starterPersona }));
    await twin.changed();
    const run = await twin.ended(1, 5_000);
    assert.deepEqual([run.from_seq, run.to_seq], [0, 5]);
  });

  it('a retraction of a vote that was used', async () => {
    const twin = await addTwin(system, { name: 'retract', tenant, policy: { cooldown_minutes: 0, min_events: 1 } });
    const [trace_id = ''] = await twin.vote({ count: 2, against: null });
    await twin.changed();
    await twin.ended(1);
    const vote = { tenant_id: tenant, twin_id: twin.ref.id, trace_id, message_id: '', rater_id: 'rater-0' };
    assert.equal(await retractVote(system.database, vote), 'retracted');
    await twin.changed();
    const run = await twin.ended(2, 5_000);
    assert.deepEqual([run.from_seq, run.to_seq, run.events_scanned, run.events_processed], [2, 3, 1, 0]);
  });

  it('a deletion: the workflow purges and completes, and a late poke changes nothing', async () => {
    const twin = await addTwin(system, { name: 'deleted', tenant, policy: { cooldown_minutes: LONG } });
    await few(twin);
    await twin.ended(1);
    await twin.waiting();
    assert.ok(await deleteTwin(system.database, twin.ref, OWNER));
    await twin.changed();
    const completed = async () => (await twin.workflow.describe()).status.name === 'COMPLETED';
    await eventually('the workflow completed', completed);
    const { db } = system.database;
    const tombstone = async () => (await db.select().from(twins).where(eq(twins.id, twin.ref.id)))[0];
    const purged_at = (await tombstone())?.purged_at;
    assert.ok(purged_at);
    assert.deepEqual(await db.select().from(trainingEvents).where(eq(trainingEvents.twin_id, twin.ref.id)), []);
    assert.deepEqual(await twin.jobs(), []);

    const first = (await twin.workflow.describe()).runId;
    assert.ok(await system.control.poke(twin.ref, 'feedbackCaptured'));
    await eventually('a late execution that completed', async () => {
      const { runId, status } = await twin.workflow.describe();
      return runId !== first && status.name === 'COMPLETED';
    });
    const events = await eventsOf(twin.workflow);
    assert.deepEqual([scheduled(events, 'plan'), scheduled(events, 'purge')], [1, 0]);
    assert.deepEqual((await tombstone())?.purged_at, purged_at);
    const request = { request_id: freshId('late'), force: true, actor: OWNER };
    assert.deepEqual(await system.control.requestRun(twin.ref, request), { enqueued: false, reason: 'gone' });
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
