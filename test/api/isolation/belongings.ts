import assert from 'node:assert/strict';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { holdCandidate, openJob } from '../fixtures.ts';
import type { TestApi } from '../harness.ts';

/** Ids of one tenant, by the names that the paths of openapi.json give them. */
export interface Belongings {
  readonly tenant: string;
  /** Of the twin. */
  readonly id: string;
  readonly trace_id: string;
  readonly rater_id: string;
  readonly version: string;
  readonly case_id: string;
  readonly veto_id: string;
  readonly job_id: string;
  /** Of an API key beside those that call. */
  readonly key_id: string;
  /** Text in what the tenant has written, and in nothing of anybody else. */
  readonly mark: string;
}

/** The app as a tenant's owner calls it. */
export const callAs = (api: TestApi, key: string): TestApi => ({
  ...api,
  call: (method, path, call) => api.call(method, path, { key, ...call }),
  twin: (options) => api.twin({ key, ...options }),
});

/**
 * One row at least of everything that a tenant can have. `drafts` more versions before the candidate: so one tenant has
 * a version that the other's twin has not.
 */
export async function furnish(owner: TestApi, tenant: string, drafts: number): Promise<Belongings> {
  const mark = `${tenant}-alone`;
  const id = await owner.twin();
  const ask = async (method: string, path: string, body?: object, status = 200) => {
    const answer = await owner.call(method, path, { body });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    return answer.body;
  };
  const { trace_id } = await ask('POST', `/twins/${id}/prompt`, { query: mark, trace_id: `trace-${mark}` });
  const vote = { score: 1, event_id: 'the-same', rater_id: `rater-${mark}`, comment: mark, answer: mark };
  await ask('POST', `/feedback/${trace_id}`, vote, 202);
  const testCase = { id: `case-${mark}`, intent_label: 'advice_or_stance', query: mark };
  await ask('POST', `/twins/${id}/regression-cases`, testCase, 201);
  await ask('POST', `/twins/${id}/persona-specs/${await holdCandidate(owner, id)}/reject`);
  const { vetoes } = await ask('GET', `/twins/${id}/learning`);
  let version = '';
  for (let draft = 0; draft < drafts; draft += 1) {
    const spec = { ...starterPersona, constitution: [`${mark} ${draft}`] };
    ({ version } = await ask('POST', `/twins/${id}/persona-specs`, { spec, notes: mark }, 201));
  }
  const held = await holdCandidate(owner, id);
  const key = await ask('POST', '/keys', { role: 'viewer', name: mark }, 201);
  return {
    tenant,
    id,
    trace_id,
    rater_id: vote.rater_id,
    version: drafts === 0 ? held : version,
    case_id: testCase.id,
    veto_id: vetoes[0].id,
    job_id: await openJob(owner, id),
    key_id: key.id,
    mark,
  };
}
