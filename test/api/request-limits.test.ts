import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';
import { openTestApi, type Answer, type TestApi } from './harness.ts';

const LIMITS = { requestsPerKey: 3, requestsPerIp: 2 };
/** The burst and many seconds' worth: whoever asks so often is refused before, unless each request takes a second. */
const ENOUGH = 500;

describe('limits on requests', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi({ limits: LIMITS, trustedProxies: 1 });
  });
  after(() => api.close());

  /** Asks until it is refused; all before that are answered with `status`. */
  async function untilRefused(status: number, ask: (nth: number) => Promise<Answer>) {
    for (let answered = 0; answered < ENOUGH; answered += 1) {
      const answer = await ask(answered);
      if (answer.status === 429) return { answered, answer };
      assert.equal(answer.status, status, JSON.stringify(answer.body));
    }
    throw new Error(`${ENOUGH} requests and no refusal`);
  }
  const from = (address: string, nth = 0) => ({ 'x-forwarded-for': `6.6.6.${nth % 256}, ${address}` });

  it('hold for a key, and not for another one', async () => {
    const { viewer, owner } = api.keys;
    const { answered, answer } = await untilRefused(403, () => api.call('POST', '/sweeps', { key: viewer }));
    assert.ok(answered >= 6 * LIMITS.requestsPerKey, `${answered} before the burst was over`);
    assert.equal(answer.body.type, '/problems/rate-limited');
    assert.equal(answer.body.status, 429);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.match(answer.body.detail, /^More than 3 requests a second came with this API key\. Wait/);
    assert.equal((await api.call('GET', '/twins', { key: owner })).status, 200);
  });

  it('hold for an address without a valid key, and not for another one', async () => {
    const tries: [status: number, path: string, key: string | null][] = [
      [401, '/twins', null],
      [401, '/twins', 'a-guess'],
      [404, '/nothing', null],
      [200, '/docs', null],
    ];
    for (const [index, [status, path, key]] of tries.entries()) {
      const address = `198.51.100.${index}`;
      const { answered, answer } = await untilRefused(status, (nth) =>
        api.call('GET', path, { key, headers: from(address, nth) }),
      );
      assert.ok(answered >= 6 * LIMITS.requestsPerIp, `${path}: ${answered} before the burst was over`);
      assert.match(answer.body.detail, /^More than 2 requests a second without a valid API key/);
      assert.ok(Number(answer.headers.get('retry-after')) >= 1);
      const elsewhere = { key, headers: from(`198.51.101.${index}`) };
      assert.equal((await api.call('GET', path, elsewhere)).status, status, path);
    }
  });

  it('never refuse a valid key or a probe because of others at its address', async () => {
    const headers = from('203.0.113.9');
    await untilRefused(401, () => api.call('GET', '/twins', { key: 'a-guess', headers }));
    assert.equal((await api.call('GET', '/twins', { headers })).status, 200);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await api.call('GET', path, { key: null, headers })).status, 200, path);
    }
  });

  it('are off at 0, and generous by default', async () => {
    for (const limits of [{ requestsPerKey: 0, requestsPerIp: 0 }, loadConfig({}).http.limits]) {
      const open = await openTestApi({ limits });
      try {
        for (let nth = 0; nth < 60; nth += 1) {
          assert.equal((await open.call('GET', '/feedback/reasons')).status, 200);
          assert.equal((await open.call('GET', '/feedback/reasons', { key: null })).status, 401);
        }
      } finally {
        await open.close();
      }
    }
  });

  it('leave each request its own route in the metrics', async () => {
    const open = await openTestApi();
    try {
      for (const path of ['/twins', '/docs', '/problems/forbidden', '/nothing']) await open.call('GET', path);
      const { body } = await open.call('GET', '/metrics', { key: null });
      const routes = [...body.matchAll(/^twinloop_http_request_duration_seconds_count\{.*route="([^"]*)"/gm)];
      assert.deepEqual(
        routes.map(([, route]: string[]) => route),
        ['/twins', '/docs', '/problems/:slug', 'unknown'],
      );
    } finally {
      await open.close();
    }
  });
});
