import assert from 'node:assert/strict';
import { openTestApi, type TestApi } from './harness.ts';

describe('prompts', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  it('compiles the live persona for an intent and a channel', async () => {
    const id = await api.twin();
    const path = `/twins/${id}/prompt`;
    const owner = await api.call('POST', path, { body: { trace_id: 'p1', intent_label: 'summarize_or_transform' } });
    assert.equal(owner.status, 200);
    assert.equal(owner.body.trace_id, 'p1');
    assert.equal(owner.body.spec_version, '1.0.0');
    assert.equal(owner.body.channel, 'owner');
    assert.equal(owner.body.intent_label, 'summarize_or_transform');
    const texts = owner.body.sections.map(({ text }: { text: string }) => text);
    assert.equal(owner.body.prompt, texts.join('\n\n'));
    const open = await api.call('POST', path, { key: api.keys.ingest, body: { intent_label: 'unheard of' } });
    assert.equal(open.body.channel, 'public');
    assert.equal(open.body.intent_label, 'factual_with_evidence');
    assert.match(open.body.trace_id, /^[0-9a-f-]{36}$/);
    const same = await api.call('POST', path, { body: { channel: 'public' } });
    assert.equal(same.body.content_hash, open.body.content_hash);
  });

  it('records the latest prompt of a trace', async () => {
    const id = await api.twin();
    const path = `/twins/${id}/prompt`;
    const trace_id = 'again';
    await api.call('POST', path, { body: { trace_id, intent_label: 'meta_or_system' } });
    await api.call('POST', path, {
      body: { trace_id, channel: 'public', interaction_context: 'public_share', intent_label: 'advice_or_stance' },
    });
    await api.call('POST', `/feedback/${trace_id}`, { body: { score: 1, twin_id: id } });
    const [vote] = (await api.call('GET', `/twins/${id}/feedback`)).body.items;
    assert.equal(vote.intent_label, 'advice_or_stance');
    assert.equal(vote.interaction_context, 'public_share');
    assert.equal(vote.channel, 'public');
    assert.equal(vote.not_counted, 'context_not_trained');
  });

  it('finds the twin of a trace; the newest prompt where two have it', async () => {
    const [first, second] = [await api.twin(), await api.twin()];
    for (const id of [first, second]) await api.call('POST', `/twins/${id}/prompt`, { body: { trace_id: 'shared' } });
    await api.call('POST', '/feedback/shared', { body: { score: 1 } });
    await api.call('POST', '/feedback/shared', { body: { score: -1, twin_id: first } });
    const scores = async (id: string) =>
      (await api.call('GET', `/twins/${id}/feedback`)).body.items.map(({ score }: { score: number }) => score);
    assert.deepEqual([await scores(first), await scores(second)], [[-1], [1]]);
  });

  it('keeps the owner channel to owner keys, and contexts to their channel', async () => {
    const id = await api.twin();
    const path = `/twins/${id}/prompt`;
    const { ingest } = api.keys;
    assert.equal((await api.call('POST', path, { key: ingest, body: { channel: 'owner' } })).status, 403);
    assert.equal(
      (await api.call('POST', path, { key: ingest, body: { interaction_context: 'owner_training' } })).status,
      403,
    );
    const odd = await api.call('POST', path, { body: { channel: 'public', interaction_context: 'owner_chat' } });
    assert.equal(odd.status, 422);
    assert.equal(odd.body.errors[0].pointer, '/interaction_context');
    const implied = await api.call('POST', path, { body: { interaction_context: 'public_share' } });
    assert.equal(implied.body.channel, 'public');
    const query = await api.call('POST', path, { body: { query: 'x'.repeat(20_001) } });
    assert.equal(query.body.errors[0].pointer, '/query');
  });

  it('needs a persona', async () => {
    const id = await api.twin({ spec: false });
    const { status, body } = await api.call('POST', `/twins/${id}/prompt`);
    assert.equal(status, 409);
    assert.equal(body.type, '/problems/no-active-persona');
  });
});
