import assert from 'node:assert/strict';
import { ConfigError, loadConfig } from '../../src/config.ts';

const SET = { LLM_BASE_URL: 'http://127.0.0.1:11434/v1', LLM_MODEL: 'm', LLM_API_KEY: 'sk-secret' };

describe('the variables of the language model', () => {
  it('leave it off where none is set, whatever its limits', () => {
    assert.equal(loadConfig({}).llm, undefined);
    assert.equal(loadConfig({ LLM_BASE_URL: '', LLM_MAX_CALLS: '3' }).llm, undefined);
  });

  it('name an endpoint and what a run may spend on it', () => {
    assert.deepEqual(loadConfig({ ...SET, LLM_MAX_CALLS: '3', LLM_REQUEST_TIMEOUT_SECONDS: '0.5' }).llm, {
      endpoint: { baseUrl: SET.LLM_BASE_URL, model: 'm', apiKey: 'sk-secret', requestTimeoutMs: 500 },
      budget: { maxCalls: 3, timeMs: 120_000 },
      gateBudget: { maxCalls: 500, timeMs: 600_000 },
    });
    const { LLM_API_KEY: _key, ...keyless } = SET;
    assert.ok(!Object.hasOwn(loadConfig(keyless).llm?.endpoint ?? {}, 'apiKey'));
  });

  it('leave the comparison of answers away where the gate may not call', () => {
    assert.deepEqual(
      loadConfig({ ...SET, LLM_GATE_MAX_CALLS: '600', LLM_GATE_TIME_BUDGET_SECONDS: '9' }).llm?.gateBudget,
      {
        maxCalls: 600,
        timeMs: 9_000,
      },
    );
    assert.ok(!Object.hasOwn(loadConfig({ ...SET, LLM_GATE_MAX_CALLS: '0' }).llm ?? {}, 'gateBudget'));
  });

  for (const [what, env, message] of [
    ['a model without an endpoint', { LLM_MODEL: 'm' }, /set LLM_BASE_URL too/],
    ['an endpoint without a model', { LLM_BASE_URL: SET.LLM_BASE_URL }, /set LLM_MODEL too/],
    ['a key alone', { LLM_API_KEY: SET.LLM_API_KEY }, /set LLM_BASE_URL and LLM_MODEL too/],
    ['another protocol', { ...SET, LLM_BASE_URL: 'file:///etc/passwd' }, /LLM_BASE_URL: must be an http/],
    ['a password in the URL', { ...SET, LLM_BASE_URL: 'https://u:sk-secret@h/v1' }, /put the key into LLM_API_KEY/],
    ['a key that no header can hold', { ...SET, LLM_API_KEY: 'sk-secret\nx' }, /LLM_API_KEY: must hold visible/],
    ['no calls at all', { ...SET, LLM_MAX_CALLS: '0' }, /LLM_MAX_CALLS/],
    ['a gate longer than its step', { ...SET, LLM_GATE_TIME_BUDGET_SECONDS: '900' }, /LLM_GATE_TIME_BUDGET_SECONDS/],
  ] as const) {
    it(`refuse ${what}, and quote no key`, () => {
      assert.throws(
        () => loadConfig(env),
        (error) => error instanceof ConfigError && message.test(error.message) && !/sk-secret/.test(error.message),
      );
    });
  }
});
