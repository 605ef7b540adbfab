import assert from 'node:assert/strict';
import { createWorkerMetrics } from '../../src/activities/metrics.ts';
import { createMetrics } from '../../src/api/http/metrics.ts';
import { openDatabase } from '../../src/db/client.ts';
import { registerDueGauge } from '../../src/due-gauge.ts';
import { DEFAULTS } from '../api/harness.ts';
import { namedRoutes, readRepositoryFile, section } from './markdown.ts';

const OPERATIONS = readRepositoryFile('docs/operations.md');
const RULES = readRepositoryFile('ops/alerts.yaml');

/** Our own metrics with their types. */
const metricsIn = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^# TYPE (twinloop_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]));

describe('docs/operations.md', () => {
  let api: Map<string, string>;
  let worker: Map<string, string>;

  before(async () => {
    const db = openDatabase('postgres://postgres@127.0.0.1:1/nobody');
    api = metricsIn(await createMetrics({ db, defaults: DEFAULTS, log: () => {} }).text());
    const { registry } = createWorkerMetrics();
    registerDueGauge(registry, db.db, DEFAULTS.min_events);
    worker = metricsIn(await registry.metrics());
    await db.close();
  });

  it('has a row for each metric that the code registers, and for no other', () => {
    const rows = [...section(OPERATIONS, 'Metrics').matchAll(/^\| `(twinloop_\w+)` +\| (\w+) +\| ([^|]+?) +\|/gm)];
    const documented = rows.map(([, name, type, of]) => `${name} ${type} ${of}`).toSorted();
    const registered = [...new Set([...api.keys(), ...worker.keys()])].map((name) => {
      const of = [...(api.has(name) ? ['API'] : []), ...(worker.has(name) ? ['worker'] : [])].join(', ');
      return `${name} ${api.get(name) ?? worker.get(name)} ${of}`;
    });
    assert.deepEqual(documented, registered.toSorted());
  });

  it('has a section for each alert, under the address that the rule gives', () => {
    const alerts = [...RULES.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    const sections = [...section(OPERATIONS, 'Alerts and what to do').matchAll(/^### (\w+)$/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(sections, alerts);
    const urls = [...RULES.matchAll(/runbook_url: (\S+)/g)].map(([, url]) => url);
    assert.deepEqual(
      urls,
      alerts.map((name) => `docs/operations.md#${name.toLowerCase()}`),
    );
  });

  it('and the rules name only metrics that exist', () => {
    const named = [...`${OPERATIONS}${RULES}`.matchAll(/twinloop_[a-z_]+/g)].map(([name]) => name);
    assert.ok(named.length > 30, `only ${named.length}`);
    for (const name of named) {
      const base = name.replace(/_(count|sum|bucket)$/, '');
      assert.ok(
        [name, base].some((one) => api.has(one) || worker.has(one)),
        name,
      );
    }
  });

  it('names only routes that the API has', () => {
    const { paths } = JSON.parse(readRepositoryFile('openapi.json')) as { paths: Record<string, object> };
    const routes = namedRoutes(OPERATIONS);
    assert.ok(routes.length >= 2, `only ${routes.length}`);
    for (const { method, path } of routes) assert.ok(method.toLowerCase() in (paths[path] ?? {}), `${method} ${path}`);
  });
});
