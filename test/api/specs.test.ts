import assert from 'node:assert/strict';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { holdCandidate } from './fixtures.ts';
import { openTestApi, unique, type Json, type TestApi } from './harness.ts';

describe('persona specs', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const specs = (id: string) => `/twins/${id}/persona-specs`;
  const pokes = (id: string) => api.control.pokes.filter(({ twin }) => twin === id).length;

  it('makes a first version live, and later ones drafts', async () => {
    const id = await api.twin({ spec: false });
    assert.equal((await api.call('GET', `${specs(id)}/active`)).status, 404);
    const before = pokes(id);
    const first = await api.call('POST', specs(id), { body: { spec: starterPersona, notes: 'the first' } });
    assert.equal(first.status, 201);
    assert.equal(first.headers.get('location'), `${specs(id)}/1.0.0`);
    assert.equal(first.body.status, 'active');
    assert.match(first.body.reason, /first spec/);
    assert.equal(pokes(id), before + 1);
    const spec = { ...starterPersona, constitution: [...starterPersona.constitution, 'Be brief.'] };
    const second = await api.call('POST', specs(id), { body: { spec } });
    assert.equal(second.body.version, '1.1.0');
    assert.equal(second.body.status, 'draft');
    assert.equal(second.body.parent, '1.0.0');
    assert.equal(second.body.summary.length, 1);
    assert.equal((await api.call('POST', specs(id), { body: { spec, bump: 'major' } })).body.version, '2.0.0');
    const { items } = (await api.call('GET', specs(id))).body;
    assert.deepEqual(
      items.map(({ version, status }: Json) => `${version} ${status}`),
      ['2.0.0 draft', '1.1.0 draft', '1.0.0 active'],
    );
    assert.ok(items.every((item: Json) => !('spec' in item)));
    const read = await api.call('GET', `${specs(id)}/1.1.0`);
    assert.deepEqual(read.body, second.body);
    assert.equal((await api.call('GET', `${specs(id)}/9.9.9`)).status, 404);

    const diff = await api.call('GET', `${specs(id)}/1.0.0/diff?to=1.1.0`);
    assert.deepEqual(diff.body.operations, [{ op: 'add', path: '/constitution/Be brief.', to: 'Be brief.' }]);
    const back = await api.call('GET', `${specs(id)}/1.1.0/diff`);
    assert.equal(back.body.to, '1.0.0');
    assert.equal(back.body.operations[0].op, 'remove');
    assert.equal((await api.call('GET', `${specs(id)}/1.1.0/diff?to=x`)).body.errors[0].pointer, '/to');
  });

  it('says with an ETag that nothing has changed', async () => {
    const id = await api.twin();
    const path = `${specs(id)}/active`;
    const first = await api.call('GET', path);
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^(W\/)?".+"$/);
    const same = await api.call('GET', path, { headers: { 'if-none-match': etag } });
    assert.equal(same.status, 304);
    assert.equal(same.body, '');
    await api.call('POST', specs(id), { body: { spec: { ...starterPersona, metadata: {} } } });
    assert.equal((await api.call('GET', path, { headers: { 'if-none-match': etag } })).status, 304);
    assert.equal((await api.call('POST', `${specs(id)}/1.1.0/publish`)).status, 200);
    const changed = await api.call('GET', path, { headers: { 'if-none-match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
  });

  it('publishes a draft; what the gate fails must be acknowledged by name', async () => {
    const id = await api.twin();
    const { body: draft } = await api.call('POST', specs(id), {
      body: { spec: { ...starterPersona, constitution: [] } },
    });
    const path = `${specs(id)}/${draft.version}/publish`;
    const failed = await api.call('POST', path);
    assert.equal(failed.status, 409);
    assert.equal(failed.body.type, '/problems/gate-failed');
    assert.equal(failed.body.report.verdict, 'fail');
    assert.ok(failed.body.missing.includes('constitution'));
    const some = await api.call('POST', path, { body: { acknowledge: ['nothing like it'] } });
    assert.deepEqual(some.body.missing, failed.body.missing);
    const done = await api.call('POST', path, { body: { acknowledge: failed.body.missing, reason: 'on purpose' } });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.equal(done.body.status, 'active');
    assert.deepEqual(done.body.acknowledged, failed.body.missing);
    assert.equal((await api.call('GET', `/twins/${id}`)).body.active_version, draft.version);
    const archived = await api.call('POST', `${specs(id)}/1.0.0/publish`);
    assert.equal(archived.body.type, '/problems/not-publishable');
    assert.equal((await api.call('POST', `${specs(id)}/9.9.9/publish`)).status, 404);
  });

  it('approves the held candidate', async () => {
    const id = await api.twin();
    const version = await holdCandidate(api, id);
    const learning = (await api.call('GET', `/twins/${id}/learning`)).body;
    assert.equal(learning.state, 'held');
    assert.equal(learning.candidate.version, version);
    assert.equal((await api.call('POST', `${specs(id)}/${version}/publish`)).body.type, '/problems/not-publishable');
    const before = pokes(id);
    // With hardly any rated answers the gate cannot decide: the owner must, by name and with a reason.
    const asked = await api.call('POST', `${specs(id)}/${version}/approve`);
    assert.equal(asked.body.type, '/problems/gate-failed');
    assert.equal(asked.body.report.verdict, 'inconclusive');
    const acknowledge = asked.body.missing;
    const silent = await api.call('POST', `${specs(id)}/${version}/approve`, { body: { acknowledge } });
    assert.equal(silent.status, 409, 'a reason is needed');
    const done = await api.call('POST', `${specs(id)}/${version}/approve`, {
      body: { acknowledge, reason: 'I have read it' },
    });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.equal(done.body.review, 'approved');
    assert.equal(done.body.status, 'active');
    assert.ok(pokes(id) > before);
    assert.equal((await api.call('POST', `${specs(id)}/${version}/approve`)).status, 200, 'again is fine');
    const [entry] = (await api.call('GET', `/twins/${id}/audit`)).body.items;
    assert.equal(entry.action, 'spec.approve');
    assert.deepEqual(entry.detail.acknowledged, acknowledge);
  });

  it('supersedes a candidate whose parent has changed', async () => {
    const id = await api.twin();
    const version = await holdCandidate(api, id);
    await api.database
      .sql`update persona_specs set parent_version = '0.9.0' where twin_id = ${id} and version = ${version}`;
    const { status, body } = await api.call('POST', `${specs(id)}/${version}/approve`);
    assert.equal(status, 409);
    assert.equal(body.type, '/problems/parent-changed');
    assert.equal(body.active_version, '1.0.0');
    assert.equal((await api.call('GET', `${specs(id)}/${version}`)).body.review, 'superseded');
    assert.equal((await api.call('POST', `${specs(id)}/${version}/reject`)).body.type, '/problems/not-held');
  });

  it('rejects the held candidate, and clears its veto', async () => {
    const id = await api.twin();
    const version = await holdCandidate(api, id);
    const rejected = await api.call('POST', `${specs(id)}/${version}/reject`, { body: { reason: 'too short' } });
    assert.equal(rejected.status, 200);
    assert.equal(rejected.body.review, 'rejected');
    const [veto] = (await api.call('GET', `/twins/${id}/learning`)).body.vetoes;
    assert.equal(veto.cause, 'rejected');
    assert.equal(veto.path, '/deterministic_rules/length_bands/factual_with_evidence/max_words');
    const cleared = await api.call('DELETE', `/twins/${id}/learning/vetoes/${veto.id}`);
    assert.equal(cleared.status, 200);
    assert.deepEqual(cleared.body.vetoes, []);
    assert.equal((await api.call('DELETE', `/twins/${id}/learning/vetoes/${veto.id}`)).status, 404);
    assert.equal((await api.call('POST', `${specs(id)}/1.0.0/reject`)).status, 409);
  });

  it('rolls back to the parent, to a version, and not when the live one moved', async () => {
    const id = await api.twin();
    const nothing = await api.call('POST', `/twins/${id}/rollback`);
    assert.equal(nothing.status, 409);
    assert.equal(nothing.body.type, '/problems/nothing-to-roll-back');
    await api.call('POST', specs(id), { body: { spec: { ...starterPersona, metadata: {} } } });
    await api.call('POST', `${specs(id)}/1.1.0/publish`);
    const moved = await api.call('POST', `/twins/${id}/rollback`, { body: { expected_active_version: '1.0.0' } });
    assert.equal(moved.status, 409);
    assert.equal(moved.body.type, '/problems/active-version-moved');
    assert.equal(moved.body.active_version, '1.1.0');
    const back = await api.call('POST', `/twins/${id}/rollback`, {
      body: { expected_active_version: '1.1.0', reason: 'worse' },
    });
    assert.equal(back.status, 200);
    assert.equal(back.body.version, '1.1.1');
    assert.equal(back.body.origin, 'rollback');
    assert.equal(back.body.restores_version, '1.0.0');
    assert.deepEqual(back.body.undone, ['1.1.0']);
    assert.deepEqual({ ...back.body.spec, version: '' }, { ...starterPersona, version: '' });
    assert.equal((await api.call('POST', `/twins/${id}/rollback`, { body: { to_version: '9.9.9' } })).status, 404);
    assert.equal(
      (await api.call('POST', `/twins/${id}/rollback`, { body: { to_version: 'x' } })).body.errors[0].pointer,
      '/to_version',
    );
    assert.equal(
      (await api.call('POST', `/twins/${id}/rollback`, { body: { to_version: '1.1.0' } })).body.version,
      '1.1.2',
    );
  });
});

describe('regression cases', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  it('are added, listed and deleted', async () => {
    const id = await api.twin();
    const path = `/twins/${id}/regression-cases`;
    const body = {
      id: unique('case'),
      intent_label: 'advice_or_stance',
      query: 'What now?',
      plan: { includes: ['Be kind.'] },
      answers: [{ text: 'No.', violates: ['length_band'] }],
    };
    const added = await api.call('POST', path, { body });
    assert.equal(added.status, 201);
    assert.equal(added.headers.get('location'), `${path}/${body.id}`);
    assert.equal(added.body.channel, 'public');
    assert.deepEqual(added.body.plan, { includes: ['Be kind.'], excludes: [], module_ids: [] });
    const twice = await api.call('POST', path, { body });
    assert.equal(twice.body.type, '/problems/case-id-taken');
    assert.deepEqual((await api.call('GET', path)).body, { items: [added.body], next_cursor: null });
    assert.equal((await api.call('DELETE', `${path}/${body.id}`)).status, 204);
    assert.equal((await api.call('DELETE', `${path}/${body.id}`)).status, 404);
    const actions = (await api.call('GET', `/twins/${id}/audit`)).body.items.map(({ action }: Json) => action);
    assert.deepEqual(actions.slice(0, 2), ['case.delete', 'case.create']);
  });

  it('have a limit', async () => {
    const id = await api.twin();
    await api.database.sql`
      insert into regression_cases (twin_id, id, body, created_by)
      select ${id}, 'c' || n, '{}'::jsonb, 'test' from generate_series(1, 1000) n`;
    const body = { id: 'one-more', intent_label: 'x', query: 'q' };
    const { status, body: problem } = await api.call('POST', `/twins/${id}/regression-cases`, { body });
    assert.equal(status, 409);
    assert.equal(problem.type, '/problems/limit-reached');
  });
});
