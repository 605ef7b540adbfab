import assert from 'node:assert/strict';
import postgres from 'postgres';
import { createTenantFits } from '../../src/activities/tenant-fits.ts';
import { createLearner, type Learner } from '../../src/learner/learner.ts';
import { assertWell } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

describe("a learner's thread that dies in the middle of a step", () => {
  let system: TestSystem;
  let first: Learner;
  const asked: string[] = [];

  before(async () => {
    system = await startSystem();
    // Too little memory to begin with: its thread dies of it.
    first = createLearner(system.url, { maxOldGenerationSizeMb: 5 });
    const ask: Learner['ask'] = (question, ...rest) => {
      const isFirst = !asked.includes(question);
      asked.push(question);
      return (isFirst ? first : system.learner).ask(question, ...rest);
    };
    const learner = { ...system.learner, ask };
    await system.startWorker({ learner, fits: createTenantFits(system.database, learner) });
  });
  after(async () => {
    await first.close();
    await system.stop();
  });

  it('costs an attempt of the step, and the job is done once', async () => {
    const twin = await addTwin(system, { tenant: freshId('tenant'), policy: { auto_publish: true } });
    await twin.capture();
    const run = await twin.ended(1, 40_000);
    assert.deepEqual([run.publish_decision, run.candidate_version], ['published', '1.0.1']);
    assert.deepEqual(asked, ['propose', 'propose', 'propose', 'gate', 'propose', 'gate']);
    assert.equal((await twin.jobs()).length, 1);
  });

  it('leaves other activities going while a question is under way', async () => {
    const busy = await addTwin(system, { tenant: freshId('tenant') });
    const other = await addTwin(system, { tenant: freshId('tenant') });
    const holder = postgres(system.url, { max: 1 });
    await holder.begin(async (tx) => {
      // The learner's read of the cases waits, and with it the step.
      await tx`lock table regression_cases in access exclusive mode`;
      await busy.capture();
      await eventually('the learn step under way', async () => (await busy.jobs())[0]?.step === 'learn');
      await other.capture();
      await eventually("the other twin's job", async () => (await other.jobs()).length === 1);
    });
    await holder.end();
    for (const twin of [busy, other]) assert.equal((await twin.ended()).candidate_version, '1.0.1');
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
