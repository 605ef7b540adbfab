import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { createKey } from '../../src/db/key-writes.ts';
import { readActiveSpec } from '../../src/db/spec-writes.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

const DRAFT = 'factual.check_the_numbers';

describe('a draft module on trial', () => {
  let system: TestSystem;
  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  it('earns votes in its share of prompts, and becomes active by what is learned of them', async () => {
    const { database, control, learner, defaults } = system;
    const tenant = freshId('tenant');
    const twin = await addTwin(system, { tenant, policy: { min_events: 1_000, trial_share: 0.2 } });
    const app = createApp({
      db: database,
      control,
      learner,
      defaults,
      temporalHealth: async () => true,
      log: () => {},
    });
    const { key } = await createKey(database.db, { tenant_id: tenant, role: 'owner', name: 'owner' });
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
      assert.ok(response.ok, `${path}: ${response.status}`);
      return (await response.json()) as { trace_id: string; trial_module_ids: string[] };
    };
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { trace_id, trial_module_ids } = await post(`/twins/${twin.ref.id}/prompt`, { trace_id: `chat-${n}` });
        const trial = trial_module_ids.includes(DRAFT);
        const score = trial || n % 2 === 1 ? 1 : -1;
        await post(`/feedback/${trace_id}`, { twin_id: twin.ref.id, rater_id: `r${n % 40}`, score });
        return trial;
      }),
    );
    const trials = answers.filter(Boolean).length;
    assert.ok(trials >= 20 && trials <= 60, `${trials} of 200 prompts had the draft`);

    await control.requestRun(twin.ref, {
      request_id: freshId('request'),
      actor: 'key:owner',
      force: true,
      auto_publish: true,
    });
    const run = await twin.ended();
    assert.deepEqual([run.publish_decision, run.verdict], ['published', 'pass'], JSON.stringify(run));
    assert.match(run.summary.join('\n'), new RegExp(`Module ${DRAFT}: status draft -> active`));
    const active = await readActiveSpec(database.db, twin.ref.id);
    assert.equal(active?.spec.procedural_modules.find(({ id }) => id === DRAFT)?.status, 'active');
  });
});
