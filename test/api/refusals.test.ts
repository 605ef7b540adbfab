import assert from 'node:assert/strict';
import { waitUntil } from '../../src/dev/readiness.ts';
import { createKey, ensureDemoTenant, revokeKey } from '../../src/db/key-writes.ts';
import { findKey, listKeys } from '../../src/db/keys.ts';
import { openDatabase } from '../../src/db/client.ts';
import { PROBLEMS } from '../../src/api/http/problem-catalogue.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { openTestApi, unique, type Answer, type TestApi } from './harness.ts';

function assertProblem(answer: Answer, slug: keyof typeof PROBLEMS): void {
  assert.equal(answer.status, PROBLEMS[slug].status, JSON.stringify(answer.body));
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.body.type, `/problems/${slug}`);
  assert.equal(answer.body.title, PROBLEMS[slug].title);
  assert.equal(answer.body.status, answer.status);
  assert.equal(answer.body.request_id, answer.headers.get('x-request-id'));
  assert.ok(answer.body.request_id.length > 0 && answer.body.detail.length > 0);
}

describe('refusals', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi({ refusedKeys: ['dev-key'] });
  });
  after(() => api.close());

  it('asks for a key', async () => {
    for (const headers of [{}, { authorization: 'Basic abc' }, { authorization: 'Bearer nobody' }]) {
      const answer = await api.call('GET', '/twins', { key: null, headers });
      assertProblem(answer, 'unauthorized');
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
  });

  it('refuses a revoked key within seconds, and the development key where it must', async () => {
    const { db } = api.database;
    const { key, info } = await createKey(db, { tenant_id: 'ours', role: 'viewer', name: 'for a while' });
    assert.equal((await api.call('GET', '/twins', { key })).status, 200);
    assert.equal(await revokeKey(db, info.id), 'revoked');
    const refused = async () => (await api.call('GET', '/twins', { key })).status === 401;
    assert.ok(await waitUntil(refused, 10_000));
    assertProblem(await api.call('GET', '/twins', { key }), 'unauthorized');
    assert.equal(await revokeKey(db, info.id), 'not_in_force');
    assert.equal(await revokeKey(db, 'no uuid'), 'not_in_force');
    const listed = (await listKeys(db, 'ours')).find(({ id }) => id === info.id);
    assert.ok(listed?.revoked_at instanceof Date);
    await ensureDemoTenant(db, 'dev-key');
    assertProblem(await api.call('GET', '/twins', { key: 'dev-key' }), 'unauthorized');
  });

  it('gives the demo tenant one key, that of the environment', async () => {
    const { db } = api.database;
    await ensureDemoTenant(db, 'first');
    await ensureDemoTenant(db, 'first');
    assert.equal((await findKey(db, 'first'))?.role, 'owner');
    await ensureDemoTenant(db, 'second');
    assert.equal(await findKey(db, 'first'), undefined);
    assert.equal((await findKey(db, 'second'))?.tenant_id, 'demo');
    await ensureDemoTenant(db, 'first');
    assert.equal((await findKey(db, 'first'))?.tenant_id, 'demo');
  });

  it('keeps the roles apart', async () => {
    const id = await api.twin();
    const tries: [role: 'ingest' | 'viewer', method: string, path: string, body?: object][] = [
      ['ingest', 'GET', '/twins'],
      ['ingest', 'GET', `/twins/${id}/feedback`],
      ['ingest', 'POST', '/twins', { name: 'x' }],
      ['viewer', 'POST', '/twins', { name: 'x' }],
      ['viewer', 'DELETE', `/twins/${id}`],
      ['viewer', 'POST', '/feedback/t', { score: 1, twin_id: id }],
      ['viewer', 'POST', `/twins/${id}/prompt`, {}],
      ['viewer', 'POST', `/twins/${id}/learning/pause`],
      ['viewer', 'POST', '/sweeps'],
    ];
    for (const [role, method, path, body] of tries) {
      assertProblem(await api.call(method, path, { key: api.keys[role], body }), 'forbidden');
    }
    assert.equal((await api.call('GET', `/twins/${id}`, { key: api.keys.viewer })).status, 200);
    assert.equal((await api.call('POST', `/twins/${id}/prompt`, { key: api.keys.ingest })).status, 200);
  });

  it('refuses bodies that are no JSON, of another type, or too large', async () => {
    const twin_id = await api.twin();
    assertProblem(await api.call('POST', '/feedback/t', { body: '{"score": 1,' }), 'malformed-json');
    assertProblem(await api.call('POST', '/feedback/t'), 'malformed-json');
    assertProblem(
      await api.call('POST', '/feedback/t', { body: new Uint8Array([0x22, 0xff, 0x22]) }),
      'malformed-json',
    );
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assertProblem(await api.call('POST', '/feedback/t', { body: 'score=1', headers: form }), 'unsupported-media-type');
    const gzip = { 'content-encoding': 'gzip' };
    assertProblem(await api.call('POST', '/feedback/t', { body: '{}', headers: gzip }), 'unsupported-media-type');
    const kib = (count: number) => 'x'.repeat(count * 1_024);
    const bodies: [path: string, body: object][] = [
      ['/feedback/t', { score: 1, twin_id, answer: kib(128) }],
      ['/feedback', { items: [kib(8 * 1_024)] }],
      [`/twins/${twin_id}/persona-specs`, { spec: starterPersona, notes: kib(1_024) }],
      ['/sweeps', { x: kib(64) }],
    ];
    for (const [path, body] of bodies) assertProblem(await api.call('POST', path, { body }), 'payload-too-large');
    const just = await api.call('POST', '/feedback', { body: { items: [kib(8 * 1_024 - 1)] } });
    assert.equal(just.status, 202, 'a batch just under its limit is read');
  });

  it('stops reading a body without a length at the limit', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit;
    const headers = { authorization: `Bearer ${api.keys.owner}`, 'content-type': 'application/json' };
    const response = await api.app.request('/feedback/t', { ...init, headers });
    assert.equal(response.status, 413);
    assert.ok(sent < 20, `${sent} chunks read`);
  });

  it('knows its paths and their methods', async () => {
    assertProblem(await api.call('GET', '/nothing/here'), 'not-found');
    const wrong = await api.call('PUT', '/twins');
    assertProblem(wrong, 'method-not-allowed');
    assert.equal(wrong.headers.get('allow'), 'GET, POST');
    assertProblem(await api.call('DELETE', '/sweeps'), 'method-not-allowed');
  });

  it('answers 404 for names that cannot exist', async () => {
    for (const path of ['/twins/a%00b', '/twins/%20', '/jobs/not-a-uuid', '/jobs/a%00', '/problems/unheard-of']) {
      assertProblem(await api.call('GET', path), 'not-found');
    }
    const id = await api.twin();
    assertProblem(await api.call('GET', `/twins/${id}/persona-specs/latest`), 'not-found');
    assertProblem(await api.call('DELETE', `/twins/${id}/learning/vetoes/x`), 'not-found');
  });

  it('points at parameters, unknown fields and characters that cannot be stored', async () => {
    const id = await api.twin();
    const tries: [method: string, path: string, body: object | undefined, pointer: string][] = [
      ['GET', '/twins?limit=0', undefined, '/limit'],
      ['GET', '/twins?limit=201', undefined, '/limit'],
      ['GET', '/twins?limit=abc', undefined, '/limit'],
      ['GET', '/twins?learning_state=asleep', undefined, '/learning_state'],
      ['GET', '/twins?cursor=nonsense', undefined, '/cursor'],
      ['GET', `/twins/${id}/audit?cursor=${Buffer.from('1.x').toString('base64url')}`, undefined, '/cursor'],
      ['GET', `/twins/${id}/feedback?rater_id=%00`, undefined, '/rater_id'],
      ['GET', '/jobs?status=done', undefined, '/status'],
      ['POST', '/twins', { id: 'x'.repeat(121), name: 'a' }, '/id'],
      ['POST', '/twins', {}, '/name'],
      ['POST', '/twins', { name: 'a', nickname: 'b' }, '/nickname'],
      ['POST', '/twins', { name: 'a', spec: { constitution: ['x\u0000'] } }, '/spec/constitution/0'],
      [
        'POST',
        '/twins',
        { name: 'a', spec: { procedural_modules: [{ id: 'm', few_shot_ids: ['no'] }] } },
        '/spec/procedural_modules/0/few_shot_ids',
      ],
      ['PATCH', `/twins/${id}/learning-policy`, { min_events: 0 }, '/min_events'],
      ['PATCH', `/twins/${id}/learning-policy`, { cooldown_minutes: -1 }, '/cooldown_minutes'],
      ['PATCH', `/twins/${id}/learning-policy`, { train_from: ['moon'] }, '/train_from/0'],
      ['PATCH', `/twins/${id}/learning-policy`, { auto_publsh: true }, '/auto_publsh'],
      ['POST', `/twins/${id}/persona-feedback-learning/runs`, { event_limit: 500 }, '/event_limit'],
      ['POST', '/sweeps', { auto_publish: true }, '/auto_publish'],
      ['POST', `/twins/${id}/regression-cases`, { id: 'c', intent_label: 'x', query: 'q', extra: 1 }, '/extra'],
    ];
    for (const [method, path, body, pointer] of tries) {
      const answer = await api.call(method, path, { body });
      assertProblem(answer, 'validation');
      assert.deepEqual(
        answer.body.errors.map((error: { pointer: string }) => error.pointer),
        [pointer],
        path,
      );
    }
  });

  it('refuses nesting that no persona has', async () => {
    const deep = `{"name":"a","spec":{"metadata":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`;
    const answer = await api.call('POST', '/twins', { body: deep });
    assertProblem(answer, 'validation');
    assert.match(answer.body.errors[0].detail, /nested deeper/);
  });

  it('takes a request id, or makes one', async () => {
    const sent = await api.call('GET', '/healthz', { headers: { 'x-request-id': 'mine-1' } });
    assert.equal(sent.headers.get('x-request-id'), 'mine-1');
    const odd = await api.call('GET', '/healthz', { headers: { 'x-request-id': 'a b' } });
    assert.notEqual(odd.headers.get('x-request-id'), 'a b');
  });
});

describe('failures inside', () => {
  it('says nothing of them, and logs them without texts', async () => {
    const secret = 'the canary sings';
    const control = {
      poke: async () => true,
      settle: async () => {},
      requestRun: async () => {
        throw new Error(secret);
      },
    };
    const api = await openTestApi({ control });
    try {
      const id = await api.twin();
      const answer = await api.call('POST', `/twins/${id}/persona-feedback-learning/runs`, {
        body: { reason: secret },
      });
      assertProblem(answer, 'internal-error');
      assert.ok(!JSON.stringify(answer.body).includes('canary'));
      assert.ok(api.logged.some((line) => line.includes(answer.body.request_id)));

      await api.database.db.execute(
        "alter table persona_training_events add constraint no_birds check (comment not like '%canary%')",
      );
      const vote = await api.call('POST', `/feedback/${unique('t')}`, {
        body: { score: 1, twin_id: id, comment: secret },
      });
      assertProblem(vote, 'internal-error');
      const everything = JSON.stringify([vote.body, api.logged]);
      assert.ok(!everything.includes('canary'), everything);
      assert.ok(everything.includes('no_birds'), 'the constraint is named in the log');
    } finally {
      await api.close();
    }
  });

  it('is 503 with Retry-After while the database is away', async () => {
    const away = openDatabase('postgres://postgres@127.0.0.1:1/nothing');
    const api = await openTestApi({ db: away });
    try {
      const answer = await api.call('GET', '/twins');
      assertProblem(answer, 'database-unavailable');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      const ready = await api.call('GET', '/readyz');
      assertProblem(ready, 'not-ready');
      assert.equal((await api.call('GET', '/healthz')).status, 200);
    } finally {
      await away.close();
      await api.close();
    }
  });

  it('is 429 with Retry-After when too much of a tenant waits', async () => {
    const api = await openTestApi({ limits: { waitingVotes: 0, waitingRuns: 0 } });
    try {
      const twin_id = await api.twin();
      const vote = await api.call('POST', '/feedback/t', { body: { score: 1, twin_id } });
      assertProblem(vote, 'rate-limited');
      assert.ok(Number(vote.headers.get('retry-after')) > 0);
      const runs = `/twins/${twin_id}/persona-feedback-learning/runs`;
      assertProblem(await api.call('POST', runs, { headers: { prefer: 'wait=1' } }), 'rate-limited');
      assert.equal((await api.call('POST', runs)).status, 200, 'who does not wait takes no place');
    } finally {
      await api.close();
    }
  });
});
