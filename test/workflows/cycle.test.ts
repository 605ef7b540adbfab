import assert from 'node:assert/strict';
import { readActiveSpec, readSpecRow } from '../../src/db/spec-writes.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { promptChanges } from '../../src/persona/prompt-changes.ts';
import { assertWell, eventsOf, scheduled, summariesOf } from '../support/histories.ts';
import { barrier, hookedFits } from '../support/hooked-fits.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, DECISIVE } from '../support/twins.ts';

describe('a cycle of the twin workflow', () => {
  let system: TestSystem;
  let hooks: ReturnType<typeof hookedFits>['hooks'];
  const tenant = freshId('tenant');
  const canary = `canary${freshId('')}`;

  before(async () => {
    system = await startSystem();
    const hooked = hookedFits(system);
    hooks = hooked.hooks;
    await system.startWorker({ fits: hooked.fits });
  });
  after(() => system.stop());

  const listed = async (query: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { workflowId } of system.client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  };

  it('goes from votes to a published patch version', async () => {
    const twin = await addTwin(system, {
      name: 'published',
      tenant: freshId('tenant'),
      policy: { auto_publish: true },
    });
    const learning = barrier();
    const gating = barrier();
    hooks.set(twin.ref.tenant_id, { learn: learning.wait, gate: gating.wait });
    await twin.capture({ comment: canary });

    await learning.reached;
    const [open] = await twin.jobs();
    assert.deepEqual([open?.status, open?.step, open?.completed_at], ['processing', 'learn', null]);
    assert.equal((await twin.learning()).state, 'learning');
    assert.deepEqual(await twin.workflow.query('learningState'), { phase: 'learning', until: null });
    learning.open();
    await gating.reached;
    assert.equal((await twin.learning()).state, 'gating');
    assert.deepEqual(await twin.workflow.query('learningState'), { phase: 'gating', until: null });
    gating.open();

    const run = await twin.ended();
    assert.deepEqual([run.status, run.publish_decision, run.reason], ['completed', 'published', null]);
    assert.deepEqual([run.from_seq, run.to_seq, run.events_processed], [0, DECISIVE, DECISIVE]);
    const [job] = await twin.jobs();
    assert.deepEqual([job?.status, job?.step, job?.error_message], ['complete', 'done', null]);
    assert.deepEqual(
      {
        trigger: job?.metadata.trigger,
        pending: job?.metadata.pending_events_at_enqueue,
        decision: job?.metadata.publish_decision,
        gate_passed: job?.metadata.gate_passed,
        run: job?.metadata.feedback_learning_run_id,
      },
      { trigger: 'feedback_event', pending: DECISIVE, decision: 'published', gate_passed: true, run: run.id },
    );
    assert.deepEqual(await twin.logs(job?.id ?? ''), [
      `Queued by feedback_event with ${DECISIVE} pending votes.`,
      `Learned candidate 1.0.1 from ${DECISIVE} votes: 2 operations.`,
      'Gate: pass.',
      'Published 1.0.1: gate passed, auto_publish by twin.',
      'Complete: published.',
    ]);

    const active = await readActiveSpec(system.database.db, twin.ref.id);
    assert.deepEqual([active?.version, active?.origin, active?.published_by], ['1.0.1', 'learned', `job:${job?.id}`]);
    assert.notDeepEqual(promptChanges(starterPersona, active?.spec ?? starterPersona), []);
    assert.equal((await readSpecRow(system.database.db, twin.ref.id, '1.0.0'))?.status, 'archived');
  });

  it("shows the twin's message as current details, and what each step is in the history", async () => {
    const twin = await addTwin(system, { name: 'shown', tenant });
    await twin.capture();
    await twin.ended();
    await twin.waiting();
    const { message, cooldown_until } = await twin.learning();
    const { currentDetails } = await twin.workflow.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(message, /^Cooling down until /);
    assert.ok(currentDetails.startsWith(`${message} As of 20`), currentDetails);
    assert.deepEqual(summariesOf(await eventsOf(twin.workflow)), [
      `Learning loop of twin ${twin.ref.id}`,
      '1 Plan: adopt, claim or wait',
      '2 Learn from the votes',
      '3 Regression gate',
      '4 Publish, hold or refuse',
      '5 Finish the job',
      '1 Plan: adopt, claim or wait',
      `6 Wait until ${cooldown_until}`,
    ]);
  });

  it('holds the candidate when auto_publish is off, and can be found by that', async () => {
    const policy = { cooldown_minutes: 0 };
    const own = freshId('tenant');
    const [held, other, stranger] = await Promise.all([
      addTwin(system, { name: 'held', tenant: own, policy }),
      addTwin(system, { name: 'other', tenant: own, policy }),
      addTwin(system, { name: 'stranger', tenant: freshId('tenant'), policy }),
    ]);
    await Promise.all([held.capture(), other.capture({ count: 1 }), stranger.capture()]);
    const run = await held.ended();
    await stranger.ended();
    assert.deepEqual([run.publish_decision, run.reason, run.candidate_version], ['held', 'auto_publish_off', '1.0.1']);
    const { state, candidate, active_version } = await held.learning();
    assert.deepEqual([state, candidate?.version, active_version], ['held', '1.0.1', '1.0.0']);

    const of = (text: string) => `TenantId="${own}" AND ${text}`;
    await eventually('the held twin in the list', async () => (await listed(of('LearningState="held"'))).length > 0);
    assert.deepEqual(await listed(of('LearningState="held"')), [held.workflow.workflowId]);
    assert.deepEqual(await listed(of('LearningState="collecting"')), [other.workflow.workflowId]);
    assert.deepEqual(await listed(of('LastDecision="held"')), [held.workflow.workflowId]);
    assert.deepEqual(await listed(`TwinId="${held.ref.id}"`), [held.workflow.workflowId]);
  });

  it('ends without a candidate when the votes ask for no change', async () => {
    const twin = await addTwin(system, { name: 'content', tenant: freshId('tenant') });
    await twin.capture({ count: 5, against: null });
    const run = await twin.ended();
    assert.deepEqual([run.publish_decision, run.reason], ['no_candidate', 'nothing_to_change']);
    assert.equal(scheduled(await eventsOf(twin.workflow), 'gate'), 0);
    assert.equal((await twin.jobs())[0]?.status, 'complete');
  });

  it('plans for a vote that comes in while a run is under way, once', async () => {
    const twin = await addTwin(system, {
      name: 'meanwhile',
      tenant: freshId('tenant'),
      policy: { cooldown_minutes: 0 },
    });
    const learning = barrier();
    hooks.set(twin.ref.tenant_id, { learn: learning.wait });
    await twin.capture();
    await learning.reached;
    await twin.capture({ count: 5 });
    learning.open();
    const second = await twin.ended(2);
    assert.deepEqual([second.from_seq, second.to_seq], [DECISIVE, DECISIVE + 5]);
    await twin.waiting();
    assert.equal((await twin.jobs()).length, 2);
    assert.equal(scheduled(await eventsOf(twin.workflow), 'plan'), 3);
  });

  it('leaves all in order, with no feedback text anywhere', () =>
    assertWell(system, { settled: true, canaries: [canary] }));
});
