import assert from 'node:assert/strict';
import { castVotes, openJob } from './fixtures.ts';
import { openTestApi, unique, type Json, type TestApi } from './harness.ts';

describe('twins and their learning', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const pokes = (id: string) => api.control.pokes.filter(({ twin }) => twin === id).map(({ signal }) => signal);

  it('creates a twin with its first persona and policy', async () => {
    const id = unique('made');
    const body = {
      id,
      name: 'Mara',
      spec: { constitution: ['Be kind.'] },
      policy: { min_events: 2, train_from: ['public_widget'] },
    };
    const created = await api.call('POST', '/twins', { body });
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), `/twins/${id}`);
    assert.equal(created.body.active_version, '1.0.0');
    assert.equal(created.body.state, 'idle');
    assert.deepEqual((await api.call('GET', `/twins/${id}`)).body, created.body);
    const { policy } = (await api.call('GET', `/twins/${id}/learning`)).body;
    assert.deepEqual(policy.min_events, { value: 2, source: 'twin' });
    assert.deepEqual(policy.cooldown_minutes, { value: 30, source: 'environment' });
    assert.deepEqual(policy.train_from.value, ['public_widget']);
    assert.deepEqual(pokes(id), ['stateChanged']);
  });

  it('makes an id where none is named', async () => {
    const { body, headers } = await api.call('POST', '/twins', { body: { name: 'Anybody' } });
    assert.match(body.id, /^twin-[0-9a-f-]{36}$/);
    assert.equal(headers.get('location'), `/twins/${body.id}`);
    assert.equal(body.active_version, null);
  });

  it('deletes for every reader at once and never uses the id again', async () => {
    const id = await api.twin();
    await api.call('POST', `/twins/${id}/prompt`, { body: { trace_id: `${id}-trace` } });
    const job = await openJob(api, id);
    const gone = await api.call('DELETE', `/twins/${id}`);
    assert.equal(gone.status, 202);
    assert.equal(gone.body.status, 'deleting');
    const reads = [
      `/twins/${id}`,
      `/twins/${id}/learning`,
      `/twins/${id}/feedback`,
      `/twins/${id}/audit`,
      `/jobs/${job}`,
      `/jobs?twin_id=${id}`,
      `/jobs/${job}/logs`,
    ];
    for (const path of reads) assert.equal((await api.call('GET', path)).status, 404, path);
    assert.equal((await api.call('DELETE', `/twins/${id}`)).status, 404);
    assert.equal((await api.call('POST', `/feedback/${id}-trace`, { body: { score: 1 } })).status, 404);
    assert.equal((await api.call('POST', `/jobs/${job}/retry`)).status, 404);
    const jobs: Json[] = (await api.call('GET', '/jobs?limit=200')).body.items;
    assert.ok(jobs.every(({ twin_id }) => twin_id !== id));
    for (const key of [api.keys.owner, api.stranger]) {
      const again = await api.call('POST', '/twins', { key, body: { id, name: 'again' } });
      assert.equal(again.status, 409);
      assert.equal(again.body.type, '/problems/twin-id-taken');
    }
    assert.ok(pokes(id).includes('stateChanged'));
  });

  it('pauses, resumes and changes the policy, each in the audit', async () => {
    const id = await api.twin();
    await castVotes(api, id, 3);
    const paused = await api.call('POST', `/twins/${id}/learning/pause`, { body: { reason: 'a look' } });
    assert.equal(paused.status, 200);
    assert.equal(paused.body.state, 'paused');
    assert.equal(paused.body.decision.reason, 'paused');
    const again = await api.call('POST', `/twins/${id}/learning/pause`);
    assert.equal(again.body.paused_at, paused.body.paused_at);
    assert.equal((await api.call('POST', `/twins/${id}/learning/resume`)).body.state, 'collecting');

    const path = `/twins/${id}/learning-policy`;
    const lower = await api.call('PATCH', path, { body: { min_events: 3, cooldown_minutes: 0.5, auto_publish: true } });
    assert.equal(lower.status, 200);
    assert.equal(lower.body.decision.enqueued, true);
    assert.deepEqual(lower.body.policy.cooldown_minutes, { value: 0.5, source: 'twin' });
    const inherited = await api.call('PATCH', path, { body: { min_events: null } });
    assert.deepEqual(inherited.body.policy.min_events, { value: 5, source: 'environment' });
    assert.deepEqual(inherited.body.policy.auto_publish, { value: true, source: 'twin' });
    const nobody = await api.call('PATCH', path, { body: { train_from: ['public_share'] } });
    assert.equal(nobody.body.pending_events, 0);
    assert.equal(nobody.body.not_counted, 3);

    const { items } = (await api.call('GET', `/twins/${id}/audit`)).body;
    assert.deepEqual(
      items.map(({ action }: Json) => action),
      [
        'learning.policy',
        'learning.policy',
        'learning.policy',
        'learning.resume',
        'learning.pause',
        'spec.create',
        'twin.create',
      ],
    );
    assert.deepEqual(items[4].detail, { reason: 'a look' });
    assert.match(items[0].actor, /^key:/);
    assert.equal(pokes(id).filter((signal) => signal === 'stateChanged').length, 7);
  });

  it('lists by state', async () => {
    const mine = await openTestApi();
    try {
      const ids = [];
      for (let n = 0; n < 7; n += 1) ids.push(await mine.twin({ spec: false }));
      for (const id of ids.filter((_, n) => n % 2 === 0)) await mine.call('POST', `/twins/${id}/learning/pause`);
      const paused: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const next: Json = await mine.call(
          'GET',
          `/twins?learning_state=paused&limit=2${cursor && `&cursor=${cursor}`}`,
        );
        assert.ok(next.body.items.every((twin: Json) => twin.state === 'paused'));
        paused.push(...next.body.items.map(({ id }: Json) => id));
        cursor = next.body.next_cursor;
      }
      assert.deepEqual(paused, [ids[6], ids[4], ids[2], ids[0]]);
      assert.equal((await mine.call('GET', '/twins?learning_state=idle')).body.items.length, 3);
      assert.deepEqual((await mine.call('GET', '/twins?learning_state=gating')).body, { items: [], next_cursor: null });
    } finally {
      await mine.close();
    }
  });
});

describe('paging', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  async function walk(path: string, limit: number): Promise<{ items: Json[]; pages: number }> {
    const items: Json[] = [];
    let pages = 0;
    for (let cursor: string | null = ''; cursor !== null; pages += 1) {
      const { status, body }: Json = await api.call('GET', `${path}?limit=${limit}${cursor && `&cursor=${cursor}`}`);
      assert.equal(status, 200);
      assert.ok(body.items.length <= limit);
      items.push(...body.items);
      cursor = body.next_cursor;
    }
    return { items, pages };
  }

  it('loses and repeats nothing, though rows share their instant', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 9; n += 1) ids.push(await api.twin({ spec: false }));
    const same = '2030-01-01T00:00:00.123456Z';
    await api.database.sql`update twins set created_at = ${same} where id = any(${ids.slice(2, 7)})`;
    const all = (await api.call('GET', '/twins')).body.items;
    assert.deepEqual(all.map(({ id }: Json) => id).toSorted(), ids.toSorted());
    for (const limit of [1, 2, 3, 9]) {
      const { items, pages } = await walk('/twins', limit);
      assert.deepEqual(items, all, `limit ${limit}`);
      assert.equal(pages, Math.ceil(9 / limit));
    }
  });

  it('is newest first on every list', async () => {
    const id = await api.twin();
    await castVotes(api, id, 7);
    const job = await openJob(api, id);
    for (const name of ['a', 'b', 'c']) {
      await api.call('POST', `/twins/${id}/regression-cases`, { body: { id: name, intent_label: 'x', query: 'q' } });
    }
    await api.call('POST', `/twins/${id}/persona-specs`, { body: { spec: { constitution: ['Be brief.'] } } });
    for (const path of ['feedback', 'audit', 'regression-cases', 'persona-specs', 'persona-feedback-learning/runs']) {
      const { items } = await walk(`/twins/${id}/${path}`, 2);
      assert.ok(items.length > 0, path);
      const instants = items.map(({ created_at }) => Date.parse(created_at));
      const newestFirst = instants.toSorted((a, b) => b - a);
      assert.deepEqual(instants, newestFirst, path);
    }
    assert.equal((await walk(`/jobs/${job}/logs`, 1)).items.length, 1);
    const { items } = await walk(`/twins/${id}/feedback`, 5);
    assert.equal(new Set(items.map(({ event_id }) => event_id)).size, 12);
  });
});
