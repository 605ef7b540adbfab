import assert from 'node:assert/strict';
import { WorkflowUnavailableError } from '../../src/control/twin-control.ts';
import { pauseTwin } from '../../src/commands/policy.ts';
import { assertWell, eventsOf, scheduled } from '../support/histories.ts';
import { barrier, hookedFits } from '../support/hooked-fits.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, DECISIVE, OWNER } from '../support/twins.ts';

describe('the update requestRun', () => {
  let system: TestSystem;
  let hooks: ReturnType<typeof hookedFits>['hooks'];
  const tenant = freshId('tenant');
  const request = (force: boolean) => ({ request_id: freshId('request'), force, actor: OWNER });

  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  it('without a worker fails within 5 s, and is carried out once when one comes', async () => {
    const twin = await addTwin(system, { name: 'later', tenant });
    const asked = request(true);
    const began = Date.now();
    await assert.rejects(system.control.requestRun(twin.ref, asked), WorkflowUnavailableError);
    assert.ok(Date.now() - began < 5_000, `${Date.now() - began} ms`);
    assert.deepEqual(await twin.jobs(), []);

    const hooked = hookedFits(system);
    hooks = hooked.hooks;
    await system.startWorker({ fits: hooked.fits });
    await twin.ended();
    const [job, ...more] = await twin.jobs();
    assert.deepEqual(more, []);
    assert.equal(job?.metadata.request_id, asked.request_id);
    const answer = await system.control.requestRun(twin.ref, asked);
    assert.ok(answer.enqueued);
    assert.equal(answer.job_id, job?.id);
    assert.equal((await twin.jobs()).length, 1);
  });

  it('claims a forced run without votes and inside a cooldown, and says by whom and why', async () => {
    const twin = await addTwin(system, { name: 'forced', tenant });
    await twin.capture({ count: 5, against: null });
    await twin.ended(1);
    const plain = await system.control.requestRun(twin.ref, request(false));
    assert.deepEqual(plain, { enqueued: false, reason: 'insufficient_events', pending_events: 0, required_events: 5 });
    await twin.vote({ count: 5, against: null });
    const cooling = await system.control.requestRun(twin.ref, request(false));
    assert.deepEqual(cooling, {
      enqueued: false,
      reason: 'cooldown_active',
      cooldown_minutes: 30,
      next_eligible_at: (await twin.learning()).next_eligible_at,
    });

    const answer = await system.control.requestRun(twin.ref, { ...request(true), reason: 'before the launch' });
    assert.ok(answer.enqueued);
    assert.deepEqual([answer.pending_events, answer.required_events], [5, 5]);
    await twin.ended(2);
    const job = (await twin.jobs())[1];
    assert.equal(job?.id, answer.job_id);
    const { trigger, forced, created_by, reason } = job?.metadata ?? {};
    assert.deepEqual([trigger, forced, created_by, reason], ['manual', true, OWNER, 'before the launch']);
  });

  it('that starts the workflow of a twin that is due gets the run, with its own knobs', async () => {
    for (let n = 0; n < 5; n += 1) {
      const twin = await addTwin(system, { name: 'due', tenant });
      await twin.vote({ count: 5, against: null });
      const asked = { ...request(false), run_regression_gate: false };
      const answer = await system.control.requestRun(twin.ref, asked);
      assert.ok(answer.enqueued, JSON.stringify(answer));
      await twin.ended();
      const [job, ...more] = await twin.jobs();
      assert.deepEqual(more, []);
      assert.equal(job?.id, answer.job_id);
      assert.deepEqual(
        [job?.metadata.trigger, job?.metadata.request_id, job?.metadata.run_regression_gate],
        ['manual', asked.request_id, false],
      );
    }
  });

  it('takes a lower threshold for this run, and publishes where it asks for that', async () => {
    const policy = { min_events: 2 * DECISIVE };
    const twin = await addTwin(system, { name: 'knobs', tenant: freshId('tenant'), policy });
    await twin.capture();
    const asked = { ...request(false), min_events: DECISIVE, auto_publish: true };
    const answer = await system.control.requestRun(twin.ref, asked);
    assert.ok(answer.enqueued);
    assert.equal(answer.required_events, DECISIVE);
    assert.equal((await twin.ended()).publish_decision, 'published');
  });

  it('is refused while the twin is paused, forced or not', async () => {
    const twin = await addTwin(system, { name: 'paused', tenant });
    assert.ok(await pauseTwin(system.database, twin.ref, OWNER));
    for (const force of [false, true]) {
      const answer = await system.control.requestRun(twin.ref, request(force));
      assert.deepEqual(answer, { enqueued: false, reason: 'paused' });
    }
    assert.deepEqual(await twin.jobs(), []);
  });

  it('names the job in flight; the same request id gets the same answer, during the run and after it', async () => {
    const twin = await addTwin(system, { name: 'inflight', tenant: freshId('tenant') });
    const learning = barrier();
    hooks.set(twin.ref.tenant_id, { learn: learning.wait });
    const asked = request(true);
    const answer = await system.control.requestRun(twin.ref, asked);
    assert.ok(answer.enqueued && answer.job_id);
    await learning.reached;
    const other = await system.control.requestRun(twin.ref, request(true));
    assert.deepEqual(other, { enqueued: false, reason: 'job_already_inflight', job_id: answer.job_id });
    assert.deepEqual(await system.control.requestRun(twin.ref, asked), answer);
    learning.open();
    await twin.ended();
    assert.deepEqual(await system.control.requestRun(twin.ref, asked), answer);
    assert.equal(scheduled(await eventsOf(twin.workflow), 'claimRequestedRun'), 2);
  });

  it('asked ten times at once makes one job', async () => {
    const twin = await addTwin(system, { name: 'ten', tenant });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => system.control.requestRun(twin.ref, request(true))),
    );
    await twin.ended();
    const jobs = await twin.jobs();
    assert.equal(new Set(answers.map((answer) => ('job_id' in answer ? answer.job_id : ''))).size, jobs.length);
    assert.equal(answers.filter((answer) => answer.enqueued).length, jobs.length);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
