import assert from 'node:assert/strict';
import { openTestApi, type Answer, type TestApi } from './harness.ts';

const ORIGIN = 'https://app.example.com';
const OTHER = 'https://elsewhere.example.com';
const names = (value: string | null): string[] => (value ?? '').split(',').map((name) => name.trim().toLowerCase());

describe('security headers', () => {
  let api: TestApi;
  let plain: TestApi;
  before(async () => {
    [api, plain] = await Promise.all([openTestApi({ corsOrigins: [ORIGIN], behindTls: true }), openTestApi()]);
  });
  after(async () => {
    await api.close();
    await plain.close();
  });

  it('are on every answer, whatever it is', async () => {
    const asks: [status: number, method: string, path: string, key?: null][] = [
      [200, 'GET', '/twins'],
      [200, 'GET', '/healthz', null],
      [200, 'GET', '/metrics', null],
      [200, 'GET', '/openapi.json', null],
      [200, 'GET', '/docs', null],
      [200, 'GET', '/docs/assets/swagger-ui.css', null],
      [401, 'GET', '/twins', null],
      [404, 'GET', '/nothing'],
      [405, 'PUT', '/twins'],
      [400, 'POST', '/twins'],
      [204, 'DELETE', `/feedback/t?twin_id=${await plain.twin()}`],
    ];
    for (const [status, method, path, key] of asks) {
      const { headers, ...answer } = await plain.call(method, path, key === null ? { key } : {});
      assert.equal(answer.status, status, path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'$/, path);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
      assert.equal(headers.get('cache-control'), path.includes('assets') ? 'public, max-age=86400' : 'no-store', path);
      assert.equal(headers.get('strict-transport-security'), null, path);
      assert.equal(headers.get('access-control-allow-origin'), null, path);
    }
  });

  it('tell browsers to come by HTTPS only when TLS is in front', async () => {
    for (const key of [undefined, null]) {
      const { headers } = await api.call('GET', '/twins', key === null ? { key } : {});
      assert.equal(headers.get('strict-transport-security'), 'max-age=15552000');
    }
  });

  const preflight = (on: TestApi, origin: string): Promise<Answer> =>
    on.call('OPTIONS', '/feedback/t', {
      key: null,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it('let the pages of a configured origin ask, before they send a key', async () => {
    const { status, headers } = await preflight(api, ORIGIN);
    assert.equal(status, 204);
    assert.equal(headers.get('access-control-allow-origin'), ORIGIN);
    assert.deepEqual(names(headers.get('access-control-allow-methods')), ['get', 'post', 'patch', 'delete']);
    assert.ok(names(headers.get('access-control-allow-headers')).includes('authorization'));
    assert.ok(names(headers.get('access-control-allow-headers')).includes('content-type'));
    assert.equal(headers.get('access-control-allow-credentials'), null);
    assert.ok(names(headers.get('vary')).includes('origin'));
  });

  it('let such a page read answers and refusals, with what it needs to try again', async () => {
    for (const [status, path, key] of [
      [200, '/twins', undefined],
      [401, '/twins', null],
      [404, '/nothing', undefined],
    ] as const) {
      const answer = await api.call('GET', path, { headers: { origin: ORIGIN }, ...(key === null ? { key } : {}) });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN, path);
      const exposed = names(answer.headers.get('access-control-expose-headers'));
      assert.ok(exposed.includes('retry-after') && exposed.includes('x-request-id'), path);
      assert.ok(names(answer.headers.get('vary')).includes('origin'), path);
    }
  });

  it('let nobody else: neither another origin, nor anyone where none is configured', async () => {
    for (const answer of [
      await preflight(api, OTHER),
      await api.call('GET', '/twins', { headers: { origin: OTHER } }),
      await preflight(plain, ORIGIN),
    ]) {
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
    assert.equal((await preflight(plain, ORIGIN)).status, 405);
  });
});
