import assert from 'node:assert/strict';
import { readActiveSpec } from '../../src/db/spec-writes.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';

const STEP = 'Answer the question that was asked before anything else; leave out what does not bear on it.';

describe('a cycle that learns rules from comments', () => {
  let system: TestSystem;
  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  it('publishes a step that the gate has learned again, and no word of a comment', async () => {
    const twin = await addTwin(system, { tenant: freshId('tenant'), policy: { auto_publish: true } });
    await twin.capture({ count: 24, against: null, comment: 'This is off topic, xyzzy.' });
    const run = await twin.ended();
    assert.deepEqual([run.status, run.publish_decision, run.verdict], ['completed', 'published', 'pass']);
    assert.match(run.gate_report?.checks.find(({ name }) => name === 'provenance')?.detail ?? '', /learning again/);
    const active = await readActiveSpec(system.database.db, twin.ref.id);
    assert.equal(active?.version, '1.0.1');
    assert.ok(active.spec.procedural_modules.find(({ id }) => id === 'factual.direct_answer')?.do.includes(STEP));
    assert.match(run.summary.join('\n'), /12 of 12 thumbs down say "off topic"/);
    assert.ok(!JSON.stringify([active.spec, active.manifest, run, await twin.jobs()]).includes('xyzzy'));
  });
});
