import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { createWorkerMetrics } from '../../src/activities/metrics.ts';
import { createApp } from '../../src/api/app.ts';
import { serveApp, type ApiServer } from '../../src/api/serve.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { createKey } from '../../src/db/key-writes.ts';
import { twinState } from '../../src/db/schema/twins.ts';
import type { MonitorServer } from '../../src/monitor-server.ts';
import { monitorWorker } from '../../src/worker-monitor.ts';
import { SWEEP_WORKFLOW, TASK_QUEUES } from '../../src/workflows/contract.ts';
import { hookedFits } from '../support/hooked-fits.ts';
import { startMuteProxy } from '../support/mute-proxy.ts';
import { freshId, startSystem, type TestSystem, type TestWorker } from '../support/system.ts';
import { useTemporal } from '../support/temporal.ts';
import { addTwin } from '../support/twins.ts';
import { firing, promtool, promtoolMissing, RULES, type Scrape } from './promtool.ts';

const ALERTS = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');
const LOOPBACK = { host: '127.0.0.1', port: 0 };

describe('the alerts', function () {
  this.timeout(60_000);
  let system: TestSystem;
  let worker: TestWorker;
  let monitor: MonitorServer;
  let hooked: ReturnType<typeof hookedFits>;
  let folder: string;
  const servers: ApiServer[] = [];
  const databases: OpenDatabase[] = [];

  before(async function () {
    const missing = promtoolMissing();
    if (missing !== undefined) {
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'twinloop-alerts-'));
    system = await startSystem();
    hooked = hookedFits(system);
    const metrics = createWorkerMetrics();
    worker = await system.startWorker({ metrics, fits: hooked.fits });
    const { nativeConnection: connection } = await useTemporal();
    const { workers } = worker;
    const watched = { metrics, connection, database: system.database, workers, defaultMinEvents: 5, sdkUrl: undefined };
    const opened = await monitorWorker(LOOPBACK, watched, () => {});
    monitor = opened ?? assert.fail('the monitor does not listen');
  });
  after(async () => {
    if (folder === undefined) return;
    await monitor.close();
    await Promise.all(servers.map((server) => server.drain()));
    for (const database of databases) await database.close();
    await system.stop();
    rmSync(folder, { recursive: true });
  });

  /** An API of its own, whose figures begin at 0. */
  async function startApi(url = system.url): Promise<string> {
    const { control, learner, defaults } = system;
    const database = openDatabase(url);
    databases.push(database);
    const deps = { db: database, control, learner, defaults, temporalHealth: async () => true, log: () => {} };
    const server = await serveApp(createApp(deps).fetch, LOOPBACK);
    servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }

  async function scrape(...urls: string[]): Promise<Scrape> {
    return Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  }
  const workerUrl = () => `http://127.0.0.1:${monitor.port}`;
  const fires = (...scrapes: Scrape[]) => firing(folder, ALERTS, scrapes);

  const aTwin = (tenant = freshId('tenant')) => addTwin(system, { tenant });

  async function voter(api: string) {
    const twin = await aTwin();
    const { key } = await createKey(system.database.db, {
      tenant_id: twin.ref.tenant_id,
      role: 'ingest',
      name: 'widget',
    });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ twin_id: twin.ref.id, score: 1 });
    let sent = 0;
    return async () => (await fetch(`${api}/feedback/trace-${sent++}`, { method: 'POST', headers, body })).status;
  }

  it('are rules that Prometheus takes', () => {
    assert.equal(ALERTS.length, 5);
    assert.deepEqual(promtool('check', 'rules', RULES).ok, true);
  });

  it('are silent while votes come in and a twin learns', async () => {
    const api = await startApi();
    const vote = await voter(api);
    const before = await scrape(api, workerUrl());
    const twin = await aTwin();
    assert.equal(await vote(), 202);
    await twin.capture();
    await twin.ended();
    const between = await scrape(api, workerUrl());
    assert.equal(await vote(), 202);
    assert.deepEqual(fires(before, between, await scrape(api, workerUrl())), []);
    assert.match(between[1] ?? '', /^twinloop_jobs_ended_total\{decision="held",trigger="feedback_event"\} 1$/m);
  });

  it('TwinloopVotesRefused fires when Postgres is gone', async () => {
    const url = new URL(system.url);
    const proxy = await startMuteProxy(url.host);
    url.host = proxy.address;
    const api = await startApi(url.href);
    const vote = await voter(api);
    assert.equal(await vote(), 202);
    const before = await scrape(api, workerUrl());
    proxy.close();
    assert.equal(await vote(), 503);
    const during = await scrape(api, workerUrl());
    assert.equal(await vote(), 503);
    assert.deepEqual(fires(before, during, await scrape(api, workerUrl())), ['TwinloopVotesRefused']);
  });

  it('TwinloopJobsFail fires when a step cannot succeed', async () => {
    const twin = await aTwin();
    hooked.hooks.set(twin.ref.tenant_id, {
      // Not worth another attempt: a bug, so that this takes no 15 s.
      learn: async () => {
        throw new TypeError('planned: a bug');
      },
    });
    const before = await scrape(workerUrl());
    await twin.capture();
    assert.equal((await twin.ended()).status, 'failed');
    const after = await scrape(workerUrl());
    assert.deepEqual(fires(before, after, after), ['TwinloopJobsFail']);
  });

  it('TwinloopPokesLost fires when the sweep finds what pokes should have woken', async () => {
    const tenantId = freshId('tenant');
    const twins = [];
    for (let n = 0; n < 3; n += 1) twins.push(await aTwin(tenantId));
    const before = await scrape(workerUrl());
    for (const twin of twins) await twin.vote();
    await system.client.workflow.execute(SWEEP_WORKFLOW, {
      workflowId: freshId('sweep'),
      taskQueue: TASK_QUEUES.control,
      args: [{ minEvents: 5, limitTwins: 10, tenantId }],
    });
    for (const twin of twins) await twin.ended();
    const after = await scrape(workerUrl());
    assert.deepEqual(fires(before, after, after), ['TwinloopPokesLost']);
    assert.match(after[0] ?? '', /^twinloop_sweep_twins_total\{reason="due"\} 3$/m);
  });

  it('TwinloopLearningStandsStill fires when a due twin was told by nobody, and no sweep comes', async () => {
    const before = await scrape(await startApi(), workerUrl());
    const twin = await aTwin();
    await twin.vote();
    await system.database.db
      .update(twinState)
      .set({ oldest_pending_at: sql`clock_timestamp() - interval '1 hour'` as never })
      .where(eq(twinState.twin_id, twin.ref.id));
    // Another API: the gauge of the first is kept for a while.
    const during = await scrape(await startApi(), workerUrl());
    assert.deepEqual(fires(before, during, during), ['TwinloopLearningStandsStill']);
    await twin.changed();
    await twin.ended();
    assert.match((await scrape(await startApi()))[0] ?? '', /^twinloop_oldest_due_seconds 0$/m);
  });

  it('TwinloopNoWorkerReady fires when no worker polls, and when none is there to be asked', async () => {
    const api = await startApi();
    const before = await scrape(api, workerUrl());
    await worker.stop();
    const { status } = await fetch(`${workerUrl()}/readyz`);
    assert.equal(status, 503);
    const stopped = await scrape(api, workerUrl());
    assert.deepEqual(fires(before, stopped, stopped), ['TwinloopNoWorkerReady']);
    const gone = await scrape(api);
    assert.deepEqual(fires(before, gone, gone), ['TwinloopNoWorkerReady']);
  });
});
