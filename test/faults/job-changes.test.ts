import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { createSpec } from '../../src/commands/create-spec.ts';
import { planTwin } from '../../src/commands/plan.ts';
import { pauseTwin } from '../../src/commands/policy.ts';
import { publishSpec } from '../../src/commands/publish-spec.ts';
import { readActiveSpec, readSpecRow, takenVersions } from '../../src/db/spec-writes.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { assertWell, eventsOf, scheduled } from '../support/histories.ts';
import { hookedFits } from '../support/hooked-fits.ts';
import { freshId, startSystem, type TestSystem, type TestWorker } from '../support/system.ts';
import { addTwin, OWNER, type TestTwin } from '../support/twins.ts';

describe('what changes while a job runs', () => {
  let system: TestSystem;
  let worker: TestWorker;
  let hooked: ReturnType<typeof hookedFits>;

  before(async () => {
    system = await startSystem();
    hooked = hookedFits(system);
    worker = await system.startWorker({ fits: hooked.fits });
  });
  after(() => system.stop());

  const twinAlone = (name: string) =>
    addTwin(system, { name, tenant: freshId('tenant'), policy: { auto_publish: true } });

  async function publishByHand(twin: TestTwin): Promise<string> {
    const { database } = system;
    const notes = freshId('stance');
    const spec = { ...starterPersona, stance_values: { ...starterPersona.stance_values, notes } };
    const draft = await createSpec(database, twin.ref, OWNER, { spec });
    assert.ok(draft);
    // The gate calls a changed stance the owner's alone, and asks the owner to say so.
    const consent = { acknowledge: ['protected'], reason: 'a new stance' };
    const { status } = await publishSpec(database, twin.ref, draft.version, OWNER, consent);
    assert.equal(status, 'published');
    return draft.version;
  }

  it('the live persona, once: the job learns anew from it and publishes', async () => {
    const twin = await twinAlone('parent');
    let theirs: string | undefined;
    const gate = async () => {
      theirs ??= await publishByHand(twin);
    };
    hooked.hooks.set(twin.ref.tenant_id, { gate });
    await twin.capture();
    const run = await twin.ended();
    assert.equal(theirs, '1.1.0');
    assert.deepEqual(
      [run.publish_decision, run.relearned, run.parent_version, run.candidate_version],
      ['published', 1, '1.1.0', '1.1.1'],
    );
    const { db } = system.database;
    assert.equal((await readActiveSpec(db, twin.ref.id))?.version, '1.1.1');
    const first = await readSpecRow(db, twin.ref.id, '1.0.1');
    assert.deepEqual([first?.status, first?.review, first?.published_at], ['archived', 'superseded', null]);
    assert.equal(scheduled(await eventsOf(twin.workflow), 'learn'), 2);
  });

  it('the live persona, twice: the job ends without a candidate', async () => {
    const twin = await twinAlone('restless');
    const gate = async () => {
      await publishByHand(twin);
    };
    hooked.hooks.set(twin.ref.tenant_id, { gate });
    await twin.capture();
    const run = await twin.ended();
    assert.deepEqual([run.publish_decision, run.reason], ['no_candidate', 'parent_changed']);
    const active = await readActiveSpec(system.database.db, twin.ref.id);
    assert.deepEqual([active?.version, active?.origin], ['1.2.0', 'owner']);
    assert.equal((await twin.learning()).candidate, null);
  });

  it('a pause: what passed the gate is held', async () => {
    const twin = await twinAlone('pausing');
    const gate = async () => {
      await pauseTwin(system.database, twin.ref, OWNER);
    };
    hooked.hooks.set(twin.ref.tenant_id, { gate });
    await twin.capture();
    const run = await twin.ended();
    assert.deepEqual([run.publish_decision, run.reason, run.verdict], ['held', 'paused', 'pass']);
    assert.equal((await twin.learning()).active_version, '1.0.0');
  });

  it('the attempt: a newer one fences the older, which writes nothing', async () => {
    const twin = await twinAlone('fenced');
    const { database, defaults, control, learner } = system;
    await twin.vote();
    const plan = await planTwin(
      database,
      { twinId: twin.ref.id, source: 'feedback_event' },
      { defaults, openJobsPerTenant: 1_000 },
    );
    assert.ok(plan.kind === 'run');
    const input = { twinId: twin.ref.id, jobId: plan.jobId };
    const { learn } = createActivities({
      database,
      defaults,
      openJobsPerTenant: 1_000,
      textRetentionDays: 180,
      control,
      learner,
      fits: hooked.fits,
    });
    const attempt = (epoch: number) =>
      new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: epoch }, { logger }).run(learn, input);
    const logger = new DefaultLogger('ERROR');
    const newer = Date.now();
    const fenced = (error: unknown) => error instanceof ApplicationFailure && error.type === 'Fenced';

    let overtaken = false;
    hooked.hooks.set(twin.ref.tenant_id, {
      // The older attempt freezes here; the newer one goes all the way meanwhile.
      learn: async () => {
        if (overtaken) return;
        overtaken = true;
        assert.deepEqual(await attempt(newer), { next: 'gate' });
      },
    });
    await assert.rejects(attempt(newer - 1_000), fenced);
    assert.deepEqual(await takenVersions(database.db, twin.ref.id), ['1.0.0', '1.0.1']);
    assert.equal((await twin.logs(plan.jobId)).length, 2);
    const [job] = await twin.jobs();
    assert.deepEqual([job?.epoch, job?.step], [newer, 'gate']);

    await assert.rejects(attempt(newer - 500), fenced, 'one that begins too late does not even begin');
    assert.deepEqual(await attempt(newer + 1), { next: 'gate' }, 'a step that is done is not done again');
    assert.deepEqual(await takenVersions(database.db, twin.ref.id), ['1.0.0', '1.0.1']);
    await twin.changed();
    assert.equal((await twin.ended()).publish_decision, 'published');
  });

  it('the worker: none of it is left half done', async () => {
    await worker.stop();
    await assertWell(system, { settled: true });
  });
});
