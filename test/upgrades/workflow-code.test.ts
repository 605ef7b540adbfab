import assert from 'node:assert/strict';
import type { WorkflowBundle } from '@temporalio/worker';
import { assertInvariants } from '../support/invariants.ts';
import { assertReplayable, assertWell, eventsOf, recordedRuns } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem, type TestWorker } from '../support/system.ts';
import { addTwin, type TestTwin } from '../support/twins.ts';
import { variantBundle } from './variants.ts';

const NONDETERMINISM = /Nondeterminism|nondeterministic/i;

/** Takes a twin of the worker that runs through one run into its cooldown, with votes for the next. */
async function inCooldown(system: TestSystem, name: string): Promise<TestTwin> {
  const twin = await addTwin(system, { name, tenant: freshId('tenant') });
  await twin.capture({ count: 5, against: null });
  await twin.ended(1);
  assert.notEqual((await twin.waiting()).until, null);
  await twin.capture({ count: 5, against: null });
  return twin;
}

/** Waits until the twin's workflow task has failed so often; the workflow itself runs on. */
const stuck = (twin: TestTwin, failures: number): Promise<true> =>
  eventually(`${failures} failed tasks`, async () => {
    const { raw, status } = await twin.workflow.describe();
    assert.equal(status.name, 'RUNNING');
    return (raw.pendingWorkflowTask?.attempt ?? 0) > failures;
  });

const markers = async (twin: TestTwin): Promise<number> =>
  (await eventsOf(twin.workflow)).filter((event) => event.markerRecordedEventAttributes).length;

describe('a change of the workflow code behind patched()', () => {
  let system: TestSystem;
  let old: TestWorker;
  let upgraded: TestWorker;
  let patchedBundle: WorkflowBundle;
  let twin: TestTwin;
  before(async () => {
    system = await startSystem();
    [old, patchedBundle] = await Promise.all([system.startWorker(), variantBundle('patched')]);
  });
  after(() => system.stop());

  it('takes over a twin in mid-cooldown: what it did stays as it was, what it does next is new', async () => {
    twin = await inCooldown(system, 'upgraded');
    const before = await recordedRuns(system);
    const markersBefore = await markers(twin);
    await old.stop();
    assert.equal(await assertReplayable(before, patchedBundle), 1, 'the new code replays what the old code left open');

    upgraded = await system.startWorker({}, { bundle: patchedBundle });
    await twin.changePolicy({ cooldown_minutes: 0 });
    await twin.ended(2);
    await twin.waiting();
    assert.equal(await markers(twin), markersBefore + 1);
    assert.equal((await twin.jobs()).length, 2);
    const after = await recordedRuns(system);
    assert.equal(await assertReplayable(after, patchedBundle), 1);
    await assert.rejects(assertReplayable(after), NONDETERMINISM, 'code without the patch cannot replay it');
    await assertInvariants(system, { settled: true });
  });

  it('can be taken back: a workflow that has passed the patch is terminated, and a poke starts it from its row', async () => {
    await upgraded.stop();
    await system.startWorker();
    await twin.capture({ count: 5, against: null });
    await stuck(twin, 1);
    await twin.workflow.terminate('the old code cannot replay it');
    await twin.changed();
    await twin.ended(3);
    await twin.waiting();
    assert.equal((await twin.jobs()).length, 3);
    await assertInvariants(system, { settled: true });
  });
});

describe('a change of the workflow code that old executions do not replay', () => {
  let system: TestSystem;
  let old: TestWorker;
  let incompatible: WorkflowBundle;
  let twin: TestTwin;
  before(async () => {
    system = await startSystem();
    [old, incompatible] = await Promise.all([system.startWorker(), variantBundle('incompatible')]);
    twin = await inCooldown(system, 'stuck');
  });
  after(() => system.stop());

  it('is caught by the replay test', async () => {
    const runs = await recordedRuns(system);
    assert.equal(await assertReplayable(runs), 1);
    await assert.rejects(assertReplayable(runs, incompatible), NONDETERMINISM);
  });

  it('deployed all the same, leaves the twin stuck and in sight, while its votes are stored', async () => {
    await old.stop();
    const wrong = await system.startWorker({}, { bundle: incompatible });
    await twin.changePolicy({ cooldown_minutes: 0 });
    await stuck(twin, 2);
    const failures = (await eventsOf(twin.workflow)).flatMap((event) => event.workflowTaskFailedEventAttributes ?? []);
    assert.match(failures[0]?.failure?.message ?? '', NONDETERMINISM);
    await assert.rejects(assertInvariants(system), /I8 .*stuck, workflow task attempt/s);
    await twin.vote({ count: 5, against: null });
    assert.equal((await twin.jobs()).length, 1);
    await wrong.stop();
  });

  it('is healed by the old code: the run that was due takes all the votes', async () => {
    await system.startWorker();
    const run = await twin.ended(2, 60_000);
    assert.deepEqual([run.status, run.events_scanned], ['completed', 10]);
    assert.equal((await twin.jobs()).length, 2);
    await twin.waiting();
  }).timeout(70_000);

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
