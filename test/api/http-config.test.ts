import assert from 'node:assert/strict';
import { ConfigError, loadConfig } from '../../src/config.ts';

describe('the variables of how the API meets the network', () => {
  it('give limits, proxies, origins and TLS', () => {
    assert.deepEqual(loadConfig({}).http, {
      limits: { requestsPerKey: 10_000, requestsPerIp: 50 },
      trustedProxies: 0,
      corsOrigins: [],
      feedbackTokenKeys: [],
      behindTls: false,
    });
    const { http } = loadConfig({
      RATE_LIMIT_PER_KEY: '0',
      RATE_LIMIT_PER_IP: '5',
      TRUSTED_PROXIES: '2',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      BEHIND_TLS: 'true',
    });
    assert.deepEqual(http, {
      limits: { requestsPerKey: 0, requestsPerIp: 5 },
      trustedProxies: 2,
      corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
      feedbackTokenKeys: [],
      behindTls: true,
    });
  });

  it('are refused with what they must be', () => {
    for (const origins of [
      '*',
      'app.example.com',
      'https://app.example.com/',
      'https://app.example.com/path',
      'https://App.example.com',
      'https://app.example.com:443',
      'null',
      'https://ok.example.com,*',
    ]) {
      assert.throws(
        () => loadConfig({ CORS_ORIGINS: origins }),
        (error) => error instanceof ConfigError && /CORS_ORIGINS: must be origins such as/.test(error.message),
        origins,
      );
    }
    for (const name of ['RATE_LIMIT_PER_KEY', 'RATE_LIMIT_PER_IP', 'TRUSTED_PROXIES']) {
      assert.throws(() => loadConfig({ [name]: '-1' }), new RegExp(name));
    }
  });
});
