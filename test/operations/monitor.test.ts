import assert from 'node:assert/strict';
import { createWorkerMetrics } from '../../src/activities/metrics.ts';
import { openDatabase } from '../../src/db/client.ts';
import { serveMonitor } from '../../src/monitor-server.ts';
import { monitorWorker } from '../../src/worker-monitor.ts';
import { useTemporal } from '../support/temporal.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

describe("a worker's monitor", () => {
  it("answers probes, and /metrics with the SDK's own where they can be read", async () => {
    const sdk = await serveMonitor(LOOPBACK, {
      metrics: async () => 'sdk 1\n',
      problems: async () => [],
      sdkUrl: undefined,
    });
    const found = ['Postgres does not answer.'];
    const monitor = await serveMonitor(LOOPBACK, {
      metrics: async () => 'own 1\n',
      problems: async () => found,
      sdkUrl: `http://127.0.0.1:${sdk.port}/metrics`,
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${monitor.port}${path}`);
      return [response.status, await response.text()];
    };
    assert.deepEqual(await get('/healthz'), [200, '{"status":"ok"}']);
    assert.deepEqual(await get('/metrics'), [200, 'own 1\nsdk 1\n']);
    assert.deepEqual(await get('/readyz'), [503, '{"status":"not-ready","problems":["Postgres does not answer."]}']);
    found.length = 0;
    assert.deepEqual(await get('/readyz'), [200, '{"status":"ready"}']);
    assert.deepEqual(await get('/else'), [404, '{"status":"not-found"}']);
    await sdk.close();
    assert.deepEqual((await get('/metrics'))[0], 200);
    await monitor.close();
  });

  it('is done without when its port is taken, and says which variable to set', async () => {
    const { nativeConnection: connection } = await useTemporal();
    const database = openDatabase('postgres://postgres@127.0.0.1:1/nobody');
    const watch = (at: typeof LOOPBACK, logged: string[]) =>
      monitorWorker(
        at,
        { metrics: createWorkerMetrics(), connection, database, workers: [], defaultMinEvents: 5, sdkUrl: undefined },
        (level, message) => logged.push(`${level} ${message}`),
      );
    const logged: string[] = [];
    const first = await watch(LOOPBACK, logged);
    assert.ok(first);
    const metrics = await (await fetch(`http://127.0.0.1:${first.port}/metrics`)).text();
    assert.match(metrics, /^twinloop_worker_ready 0$/m);
    assert.doesNotMatch(metrics, /^twinloop_oldest_due_seconds /m);
    assert.deepEqual(logged, []);
    assert.equal(await watch({ ...LOOPBACK, port: first.port }, logged), undefined);
    assert.match(logged.join(), /^warning .*WORKER_METRICS_PORT/);
    await first.close();
    await database.close();
  });
});
