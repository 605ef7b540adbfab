import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, sign } from 'hono/jwt';
import { createFeedbackTokens, MAX_TOKEN_LENGTH } from '../../src/api/http/feedback-tokens.ts';
import { ApiProblem } from '../../src/api/http/problems.ts';
import { loadConfig } from '../../src/config.ts';
import { createKey, revokeKey } from '../../src/db/key-writes.ts';
import { openTestApi, unique, type Answer, type Json, type TestApi } from './harness.ts';

const namedKey = (id: string) => ({ id, secret: randomBytes(32) });
const KEY = namedKey('one');
const jwk = (key: typeof KEY) => ({
  kty: 'oct',
  kid: key.id,
  alg: 'HS256',
  k: Buffer.from(key.secret).toString('base64url'),
});

describe('feedback tokens', () => {
  let api: TestApi;
  let twin_id: string;
  before(async () => {
    api = await openTestApi({ feedbackTokenKeys: [KEY], limits: { requestsPerIp: 0 } });
    twin_id = await api.twin();
  });
  after(() => api.close());

  const mint = (body: object, key = api.keys.ingest) =>
    api.call('POST', `/twins/${twin_id}/feedback-tokens`, { body, key });
  const tokenFor = async (trace_id: string, more: object = {}, key = api.keys.ingest): Promise<string> => {
    const { status, body } = await mint({ trace_id, ...more }, key);
    assert.equal(status, 201, JSON.stringify(body));
    return body.token;
  };
  const vote = (trace: string, key: string, body: object = { score: -1 }) =>
    api.call('POST', `/feedback/${trace}`, { key, body });
  const ledger = async (trace: string): Promise<Json[]> =>
    (await api.call('GET', `/twins/${twin_id}/feedback?trace_id=${trace}`)).body.items;
  const refused = ({ status, body }: Answer, by: number, detail: RegExp): void => {
    assert.equal(status, by, JSON.stringify(body));
    assert.match(body.detail, detail);
  };

  it('is one vote on one answer, for the rater and the message that it names', async () => {
    const trace = unique('t');
    const { body } = await mint({ trace_id: trace, message_id: 'm1', rater_id: 'ann', expires_in_seconds: 60 });
    const left = Date.parse(body.expires_at) - Date.now();
    assert.ok(left > 0 && left <= 60_000, body.expires_at);
    const first = await vote(trace, body.token, { score: -1, comment: 'no' });
    assert.equal(first.status, 202, JSON.stringify(first.body));
    assert.equal(first.body.event_id, decode(body.token).payload['jti']);
    assert.equal((await vote(trace, body.token, { score: -1, comment: 'no' })).body.duplicate, true);
    const other = await vote(trace, body.token, { score: 1 });
    assert.equal(other.body.type, '/problems/event-id-reused');
    const [stored, ...more] = await ledger(trace);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [stored.score, stored.rater_id, stored.message_id, stored.interaction_context],
      [-1, 'ann', 'm1', 'public_widget'],
    );
  });

  it('has the context that was recorded, and never more than a page may have', async () => {
    const prompt = await api.call('POST', `/twins/${twin_id}/prompt`, { body: {} });
    const { trace_id } = prompt.body;
    const token = await tokenFor(trace_id);
    assert.equal((await vote(trace_id, token)).body.counted, true);
    assert.equal((await ledger(trace_id))[0].interaction_context, 'owner_chat');
    const unrecorded = unique('t');
    const ofOwner = await tokenFor(unrecorded, {}, api.keys.owner);
    assert.equal((await vote(unrecorded, ofOwner)).status, 202);
    assert.equal((await ledger(unrecorded))[0].interaction_context, 'public_widget');
  });

  it('votes on no other trace, and for nobody else', async () => {
    const trace = unique('t');
    const elsewhere = unique('t');
    const token = await tokenFor(trace, { message_id: 'm1', rater_id: 'ann' });
    refused(await vote(elsewhere, token), 403, /another trace/);
    const claims = { twin_id: await api.twin(), rater_id: 'bob', message_id: 'm2', event_id: 'mine' };
    for (const [name, value] of Object.entries(claims)) {
      refused(await vote(trace, token, { score: 1, [name]: value }), 403, new RegExp(`another ${name}`));
    }
    refused(await vote(trace, await tokenFor(trace), { score: 1, rater_id: 'ann' }), 403, /another rater_id/);
    const extras = {
      interaction_context: 'public_widget',
      occurred_at: '2026-01-01T00:00:00Z',
      spec_version: '1.0.0',
      module_ids: ['m'],
      source: 'feedback',
    };
    for (const [name, value] of Object.entries(extras)) {
      refused(await vote(trace, token, { score: 1, [name]: value }), 422, new RegExp(`/${name} .*leave it out`));
    }
    assert.deepEqual([...(await ledger(trace)), ...(await ledger(elsewhere))], []);
    const own = { score: 1, twin_id, rater_id: 'ann', message_id: 'm1' };
    assert.equal((await vote(trace, token, own)).status, 202, 'what it is for may be said');
  });

  it('is refused when late, changed, unsigned, or signed with another key', async () => {
    const trace = unique('t');
    const token = await tokenFor(trace);
    const { payload } = decode(token);
    const [header = '', body = '', signature = ''] = token.split('.');
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const stranger = namedKey(KEY.id);
    const late = await sign({ ...payload, exp: Math.floor(Date.now() / 1_000) - 1 }, jwk(KEY), 'HS256');
    refused(await vote(trace, late), 401, /expired: ask the server/);
    const forgeries = {
      changed: `${header}.${part({ ...payload, trace_id: trace, rater_id: 'bob' })}.${signature}`,
      unsigned: `${part({ alg: 'none', typ: 'JWT', kid: KEY.id })}.${body}.`,
      'without signature': `${header}.${body}.`,
      'with another key of the same name': await sign(payload, jwk(stranger), 'HS256'),
      'with an unknown key': await sign(payload, jwk(namedKey('two')), 'HS256'),
      'with another algorithm': await sign(payload, { ...jwk(KEY), alg: 'HS512' }, 'HS512'),
      'for another audience': await sign({ ...payload, aud: 'other' }, jwk(KEY), 'HS256'),
      'no JSON': 'eyJ.x.y',
    };
    for (const [what, forged] of Object.entries(forgeries)) {
      const answer = await vote(trace, forged);
      assert.equal(answer.status, 401, what);
      assert.match(answer.body.detail, /not valid/, what);
    }
    refused(await vote(trace, `eyJ${'x'.repeat(MAX_TOKEN_LENGTH)}.x.y`), 401, /API key/);
    assert.deepEqual(await ledger(trace), []);
    assert.equal((await vote(trace, token)).status, 202);
  });

  it('is no API key', async () => {
    const trace = unique('t');
    const token = await tokenFor(trace);
    const item = { trace_id: trace, twin_id, score: 1 };
    refused(await api.call('POST', '/feedback', { key: token, body: { items: [item] } }), 401, /only/);
    refused(await api.call('DELETE', `/feedback/${trace}?twin_id=${twin_id}`, { key: token }), 401, /only/);
    refused(await api.call('GET', `/twins/${twin_id}`, { key: token }), 401, /only/);
    refused(await mint({ trace_id: trace }, token), 401, /only/);
  });

  it('ends with the key that made it', async () => {
    const { key, info } = await createKey(api.database.db, { tenant_id: 'ours', role: 'ingest', name: 'page' });
    const trace = unique('t');
    const token = await tokenFor(trace, {}, key);
    assert.equal((await vote(trace, token)).status, 202);
    await revokeKey(api.database.db, info.id);
    const end = Date.now() + 10_000;
    let answer = await vote(trace, token);
    while (answer.status === 202 && Date.now() < end) {
      await sleep(100);
      answer = await vote(trace, token);
    }
    refused(answer, 401, /key that made this feedback token is revoked/);
  });

  it('is bounded in life and length', async () => {
    for (const expires_in_seconds of [59, 604_801]) {
      assert.equal((await mint({ trace_id: 't', expires_in_seconds })).status, 422);
    }
    const longest = '\u0001'.repeat(200);
    const trace = 't'.repeat(200);
    const token = await tokenFor(trace, { message_id: longest, rater_id: longest });
    assert.equal((await vote(trace, token)).status, 202);
  });

  it('may be signed with a new key while the old one still verifies, until that is taken out', async () => {
    const caller = { key_id: 'k', tenant_id: 'ours', role: 'ingest' } as const;
    const under = (...keys: (typeof KEY)[]) => createFeedbackTokens(keys, async () => caller);
    const next = namedKey('next');
    const binding = { tenant_id: 'ours', key_id: 'k', twin_id, trace_id: 't' };
    const { token: old } = await under(KEY).mint(binding, 60);
    const { token: fresh } = await under(next, KEY).mint(binding, 60);
    assert.equal(decode(fresh).header.kid, 'next');
    assert.equal((await under(next, KEY).read(old)).claims.trace_id, 't');
    assert.equal((await under(next).read(fresh)).claims.trace_id, 't');
    await assert.rejects(under(next).read(old), ApiProblem);
  });

  it('is counted by address, and not made without a key to sign with', async () => {
    const limited = await openTestApi({ feedbackTokenKeys: [], limits: { requestsPerIp: 1 } });
    try {
      const id = await limited.twin();
      const off = await limited.call('POST', `/twins/${id}/feedback-tokens`, { body: { trace_id: 't' } });
      assert.equal(off.status, 409);
      assert.equal(off.body.type, '/problems/feedback-tokens-off');
      assert.match(off.body.detail, /FEEDBACK_TOKEN_KEYS/);
      const statuses = [];
      for (let n = 0; n < 8; n += 1) {
        statuses.push((await limited.call('POST', '/feedback/t', { key: 'eyJ.x.y', body: { score: 1 } })).status);
      }
      assert.deepEqual(new Set(statuses), new Set([401, 429]));
    } finally {
      await limited.close();
    }
  });

  it('has keys that are refused without being shown', () => {
    const secret = randomBytes(32).toString('base64');
    const { http } = loadConfig({ FEEDBACK_TOKEN_KEYS: `a:${secret},b:${secret}` });
    assert.deepEqual(
      http.feedbackTokenKeys.map(({ id }) => id),
      ['a', 'b'],
    );
    for (const bad of [secret, `a:${secret.slice(4)}`, `a:${secret},a:${secret}`]) {
      assert.throws(
        () => loadConfig({ FEEDBACK_TOKEN_KEYS: bad }),
        (error: Error) =>
          /FEEDBACK_TOKEN_KEYS: must be keys/.test(error.message) && !error.message.includes(secret.slice(4)),
      );
    }
  });
});
