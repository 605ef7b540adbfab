import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import type { Operation } from '../../src/persona/operation.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { holdCandidate } from '../support/candidate.ts';
import { openJob } from './fixtures.ts';
import { openTestApi, type TestApi } from './harness.ts';

const BAN = {
  op: 'add',
  path: '/deterministic_rules/banned_phrases/to be frank',
  to: 'to be frank',
  evidence: {
    statistic: 'p_worse',
    value: 0.99,
    events: 13,
    raters: 9,
    effective_votes: 11.5,
    events_hash: 'abc',
    flagged_disliked: 12,
    disliked: 14,
    flagged_liked: 1,
    liked: 80,
  },
} as const satisfies Operation;
const SENTENCE = 'Banned phrases: "to be frank" added (flags 12 of 14 disliked and 1 of 80 liked answers, 9 raters)';

describe('evidence for owners', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const learned = (id: string, operations: Operation[]) =>
    holdCandidate(api.database, id, { operations: () => operations });
  const diff = async (id: string, from: string, to: string) =>
    (await api.call('GET', `/twins/${id}/persona-specs/${from}/diff?to=${to}`)).body;

  it('stands in the diff and the list of versions, and in the learning view of a candidate', async () => {
    const id = await api.twin();
    const { version } = await learned(id, [BAN]);
    assert.deepEqual(await diff(id, '1.0.0', version), {
      from: '1.0.0',
      to: version,
      operations: [BAN],
      summary: [SENTENCE],
    });
    const [item] = (await api.call('GET', `/twins/${id}/persona-specs`)).body.items;
    assert.deepEqual(item.summary, [SENTENCE]);
    assert.deepEqual((await api.call('GET', `/twins/${id}/learning`)).body.candidate.summary, [SENTENCE]);
  });

  it('stands in a diff over several versions, beside what the owner changed', async () => {
    const id = await api.twin();
    const first = await learned(id, [BAN]);
    const path = `/twins/${id}/persona-specs`;
    assert.equal((await api.call('POST', `${path}/${first.version}/approve`)).status, 200);
    const { spec } = (await api.call('GET', `${path}/active`)).body;
    const constitution = [...starterPersona.constitution, 'Be brief.'];
    const { version } = (await api.call('POST', path, { body: { spec: { ...spec, constitution } } })).body;
    const { operations, summary } = await diff(id, '1.0.0', version);
    assert.deepEqual(operations, [{ op: 'add', path: '/constitution/Be brief.', to: 'Be brief.' }, BAN]);
    assert.deepEqual(summary, ['Constitution: "Be brief." added', SENTENCE]);
    const back = await diff(id, version, '1.0.0');
    assert.ok(back.operations.every((operation: Operation) => operation.evidence === undefined));
  });

  it('of what a run withheld stands in the job, the runs and the learning view, with the reason', async () => {
    const id = await api.twin();
    const job = await openJob(api, id);
    const withheld = { operation: BAN, reason: 'gate', checks: ['golden'] };
    await api.database.db.execute(
      sql`update persona_feedback_learning_runs set suppressed = ${JSON.stringify([withheld])}::jsonb where job_id = ${job}`,
    );
    const shown = [
      (await api.call('GET', `/jobs/${job}`)).body.run,
      (await api.call('GET', `/twins/${id}/persona-feedback-learning/runs`)).body.items[0],
      (await api.call('GET', `/twins/${id}/learning`)).body.last_run,
    ];
    for (const { suppressed } of shown) {
      const [{ summary, why, ...rest }] = suppressed;
      assert.deepEqual(rest, withheld);
      assert.equal(summary, SENTENCE);
      assert.match(why, /would not pass the gate \(golden\)/);
    }
  });
});
