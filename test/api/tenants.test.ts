import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { holdCandidate, openJob } from './fixtures.ts';
import { openTestApi, type Json, type TestApi } from './harness.ts';

/** A body that would be taken, for each operation that needs one. */
const BODIES: Readonly<Record<string, object>> = {
  sendFeedback: { score: 1 },
  changeLearningPolicy: { min_events: 3 },
  createPersonaSpec: { spec: starterPersona },
  addRegressionCase: { id: 'another', intent_label: 'advice_or_stance', query: 'q' },
};
const PUBLIC = ['explainProblem'];
/** A rater's name is anybody's to use: of one that a tenant does not know it stores nothing, and says so. */
const OF_RATERS = ['eraseRater', 'exportRater'];

describe("another tenant's ids", () => {
  let api: TestApi;
  let operations: { id: string; method: string; path: string; needsBody: boolean }[];
  let known: Record<string, string>;

  before(async () => {
    api = await openTestApi();
    const document: Json = JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'));
    operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, { operationId, requestBody }]) => ({
        id: operationId,
        method: method.toUpperCase(),
        path,
        needsBody: requestBody?.required === true,
      })),
    );
    const id = await api.twin();
    const prompt = await api.call('POST', `/twins/${id}/prompt`);
    await api.call('POST', `/feedback/${prompt.body.trace_id}`, { body: { score: 1, event_id: 'ours' } });
    await api.call('POST', `/twins/${id}/regression-cases`, {
      body: { id: 'case', intent_label: 'advice_or_stance', query: 'q' },
    });
    const rejected = await holdCandidate(api, id);
    await api.call('POST', `/twins/${id}/persona-specs/${rejected}/reject`);
    const learning = await api.call('GET', `/twins/${id}/learning`);
    const version = await holdCandidate(api, id);
    known = {
      id,
      trace_id: prompt.body.trace_id,
      version,
      case_id: 'case',
      veto_id: learning.body.vetoes[0].id,
      rater_id: 'r0',
      job_id: await openJob(api, id),
    };
  });
  after(() => api.close());

  const fill = (path: string): string =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = path.startsWith('/jobs/') ? known['job_id'] : known[name];
      assert.ok(value !== undefined, `no value for ${name} of ${path}`);
      return value;
    });

  it('answer 404 on every route that names one', async () => {
    const named = operations.filter(({ path, id }) => path.includes('{') && ![...PUBLIC, ...OF_RATERS].includes(id));
    assert.ok(named.length >= 28, `${named.length} operations`);
    const before = await api.call('GET', `/twins/${known['id']}/audit`);
    for (const { id, method, path, needsBody } of named) {
      const body = needsBody ? BODIES[id] : undefined;
      assert.ok(!needsBody || body !== undefined, `${id} needs a body here`);
      const answer = await api.call(method, fill(path), { key: api.stranger, body });
      assert.equal(answer.status, 404, `${id}: ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.type, '/problems/not-found', id);
    }
    const after = await api.call('GET', `/twins/${known['id']}/audit`);
    assert.deepEqual(after.body, before.body, 'nothing was done to the twin');
  });

  it('are the right ids: their owner gets something else than 404', async () => {
    const reads = operations.filter(
      ({ path, id, method }) => method === 'GET' && path.includes('{') && !PUBLIC.includes(id),
    );
    for (const { id, path } of reads) {
      assert.equal((await api.call('GET', fill(path))).status, 200, id);
    }
  });

  it('answer 404 in parameters and bodies too', async () => {
    const key = api.stranger;
    const { id: twin_id, trace_id } = known;
    assert.equal((await api.call('GET', `/jobs?twin_id=${twin_id}`, { key })).status, 404);
    assert.equal((await api.call('GET', `/audit?twin_id=${twin_id}`, { key })).status, 404);
    assert.equal((await api.call('DELETE', `/feedback/t?twin_id=${twin_id}`, { key })).status, 404);
    assert.equal((await api.call('POST', '/feedback/t', { key, body: { score: 1, twin_id } })).status, 404);
    const batch = await api.call('POST', '/feedback', { key, body: { items: [{ trace_id, score: 1 }] } });
    assert.equal(batch.body.items[0].status, 404);
    for (const path of ['/twins', '/jobs']) {
      assert.deepEqual((await api.call('GET', path, { key })).body, { items: [], next_cursor: null });
    }
  });
});
