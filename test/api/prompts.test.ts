import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
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

  describe('with drafts on trial', () => {
    const draft = 'factual.check_the_numbers';
    const prompt = (id: string, trace_id: string, more: object = {}, key?: string) =>
      api.call('POST', `/twins/${id}/prompt`, { body: { trace_id, ...more }, ...(key === undefined ? {} : { key }) });

    it('includes a draft in its share of owner prompts, says so, and remembers it for the vote', async () => {
      const id = await api.twin({ policy: { trial_share: 0.2 } });
      const plain = (await prompt(await api.twin(), 'plain')).body;
      assert.deepEqual([plain.trial_module_ids, plain.module_ids.includes(draft)], [[], false]);
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => prompt(id, `trial-${n}`)));
      const trials = answers.map(({ body }) => body).filter((body) => body.trial_module_ids.length > 0);
      assert.ok(trials.length > 0 && trials.length < 30, `${trials.length} of 60`);
      for (const { body } of answers) {
        const trial = body.trial_module_ids.includes(draft);
        assert.equal(body.content_hash === plain.content_hash, !trial);
        assert.deepEqual([body.module_ids.includes(draft), body.prompt.includes(draft)], [trial, trial]);
      }
      const [{ trace_id, content_hash }] = trials;
      assert.equal((await prompt(id, trace_id)).body.content_hash, content_hash, 'asked again it is the same');
      const other = await prompt(id, trace_id, { intent_label: 'meta_or_system' });
      assert.deepEqual(other.body.trial_module_ids, [], 'a draft is for its own intents');

      await prompt(id, trace_id);
      await api.call('POST', `/feedback/${trace_id}`, { body: { twin_id: id, score: 1 } });
      const [row] = await api.database.db.execute<{ modules: { id: string; hash: string }[] }>(
        sql`select modules from persona_training_events where twin_id = ${id}`,
      );
      const module = starterPersona.procedural_modules.find((one) => one.id === draft)!;
      assert.equal(row?.modules.find((one) => one.id === draft)?.hash, moduleHash(module));
    });

    it('has none on the public channel, and draws for a trace that it makes itself', async () => {
      const id = await api.twin({ policy: { trial_share: 0.2 } });
      const public_ = await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          prompt(id, `trial-${n}`, n % 2 === 0 ? { channel: 'public' } : {}, n % 2 === 0 ? undefined : api.keys.ingest),
        ),
      );
      for (const { body } of public_) {
        assert.deepEqual([body.channel, body.trial_module_ids, body.module_ids.includes(draft)], ['public', [], false]);
      }
      const made = await Promise.all(Array.from({ length: 60 }, () => api.call('POST', `/twins/${id}/prompt`)));
      for (const { body } of made) {
        assert.deepEqual((await prompt(id, body.trace_id)).body.trial_module_ids, body.trial_module_ids);
      }
    });

    it('takes a share of 0 to .2 from the policy, and null gives it back', async () => {
      const id = await api.twin();
      const path = `/twins/${id}/learning-policy`;
      const share = async (trial_share: unknown) => {
        const { status, body } = await api.call('PATCH', path, { body: { trial_share } });
        return status === 200 ? body.policy.trial_share : body.errors[0].pointer;
      };
      assert.deepEqual(await share(0.2), { value: 0.2, source: 'twin' });
      assert.deepEqual(await share(0), { value: 0, source: 'twin' });
      assert.deepEqual(await share(null), { value: 0, source: 'environment' });
      for (const bad of [0.21, -0.1, '0.1']) assert.equal(await share(bad), '/trial_share');
    });
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
