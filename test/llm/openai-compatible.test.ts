import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { LlmError, type LlmErrorKind } from '../../src/llm/model.ts';
import { createLanguageModel } from '../../src/llm/openai-compatible.ts';
import * as llm from '../support/llm-server.ts';

const KEY = 'sk-never-to-be-seen';
const QUESTION = { system: 'be short', prompt: 'the secret prompt', maxOutputTokens: 50 };

describe('a language model behind an OpenAI-compatible endpoint', () => {
  let server: llm.LlmServer;
  beforeEach(async () => {
    server = await llm.startLlmServer(llm.answering('an answer'));
  });
  afterEach(() => server.stop());

  const model = (options: { requestTimeoutMs?: number; apiKey?: string } = {}) =>
    createLanguageModel({ baseUrl: server.baseUrl, model: 'test-model', requestTimeoutMs: 10_000, ...options });

  async function refusal(asking: Promise<string>, kind: LlmErrorKind, message: RegExp): Promise<void> {
    const error = await asking.then(
      (text) => assert.fail(`answered ${text}`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof LlmError, inspect(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /sk-never|secret prompt|PROVIDER TEXT/);
  }

  it('sends system, prompt, temperature 0 and the limit, with the key as a bearer token', async () => {
    assert.equal(await model({ apiKey: KEY }).ask(QUESTION), 'an answer');
    const [question] = server.asked;
    assert.equal(question?.path, '/v1/chat/completions');
    assert.equal(question.authorization, `Bearer ${KEY}`);
    const { model: name, temperature, max_tokens, messages } = question.body;
    assert.deepEqual({ name, temperature, max_tokens }, { name: 'test-model', temperature: 0, max_tokens: 50 });
    assert.deepEqual(messages, [
      { role: 'system', content: 'be short' },
      { role: 'user', content: 'the secret prompt' },
    ]);
  });

  it('needs no key', async () => {
    await model().ask(QUESTION);
    assert.equal(server.asked[0]?.authorization, undefined);
  });

  it('tries a failed request once more', async () => {
    server.behave((response, question, count) =>
      (count === 1 ? llm.failing(503) : llm.answering('then'))(response, question, count),
    );
    assert.equal(await model().ask(QUESTION), 'then');
    server.behave(llm.failing(500, 'PROVIDER TEXT'));
    await refusal(model({ apiKey: KEY }).ask(QUESTION), 'refused', /HTTP 500/);
    assert.equal(server.asked.length, 4);
  });

  it('says what was refused without a second request', async () => {
    server.behave(llm.failing(401, { error: { message: `PROVIDER TEXT ${KEY}` } }));
    await refusal(model({ apiKey: KEY }).ask(QUESTION), 'refused', /HTTP 401/);
    assert.equal(server.asked.length, 1);
  });

  it('gives up on 429 after its retry', async () => {
    server.behave(llm.failing(429, { error: { message: 'PROVIDER TEXT' } }));
    await refusal(model().ask(QUESTION), 'refused', /HTTP 429/);
    assert.equal(server.asked.length, 2);
  });

  it('follows no redirect', async () => {
    server.behave((response) => response.writeHead(307, { location: '/elsewhere' }).end());
    await refusal(model({ apiKey: KEY }).ask(QUESTION), 'unreachable', /cannot be reached/);
    assert.ok(server.asked.every(({ path }) => path === '/v1/chat/completions'));
  });

  for (const [what, body] of [
    ['no JSON', 'PROVIDER TEXT'],
    ['another schema', '{"PROVIDER TEXT": 1}'],
    ['no choice', '{"choices": []}'],
    ['no text', '{"choices": [{"message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]}'],
    ['a huge body', JSON.stringify({ choices: [{ message: { content: 'PROVIDER TEXT'.repeat(50_000) } }] })],
  ] as const) {
    it(`takes ${what} for malformed`, async () => {
      server.behave(llm.sending(body));
      await refusal(model().ask(QUESTION), 'malformed', /answer/);
    });
  }

  it('takes a connection that breaks within the answer for unreachable', async () => {
    server.behave(llm.dropping);
    await refusal(model().ask(QUESTION), 'unreachable', /connection/);
  });

  it('takes a closed port for unreachable', async () => {
    const { baseUrl } = server;
    await server.stop();
    const down = createLanguageModel({ baseUrl, model: 'test-model', requestTimeoutMs: 10_000 });
    await refusal(down.ask(QUESTION), 'unreachable', /cannot be reached/);
  });

  it('times out', async () => {
    server.behave(llm.silent);
    await refusal(model({ requestTimeoutMs: 100 }).ask(QUESTION), 'timeout', /within 100 ms/);
  });

  it('can be withdrawn', async () => {
    server.behave(llm.silent);
    const withdrawn = new AbortController();
    const asking = model().ask(QUESTION, withdrawn.signal);
    withdrawn.abort();
    await refusal(asking, 'aborted', /withdrawn/);
  });
});
