/**
 * Records what a twin's workflow writes on its ways into test/histories, for replay.test.ts: `npm run histories:record`.
 * Record anew only when no execution of the older code can be running any more; with names, records only those:
 * `npm run histories:record -- asked-at-start-open`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import type { RunRequest } from '../../src/workflows/contract.ts';
import { hookedFits } from '../support/hooked-fits.ts';
import { DEFAULTS, eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { startShortHistoryTemporal } from '../support/temporal.ts';
import { addTwin, OWNER, type TestTwin, type TwinOptions } from '../support/twins.ts';

const FOLDER = new URL('../histories/', import.meta.url);
/** Few enough that a continued history stays small: the server suggests it. */
const SUGGESTED_EVENTS = 140;

const environment = await startShortHistoryTemporal(SUGGESTED_EVENTS);
const system: TestSystem = await startSystem(DEFAULTS, async () => environment);
const hooked = hookedFits(system);
await system.startWorker({ fits: hooked.fits });
await mkdir(FOLDER, { recursive: true });

const twinOf = (name: string, policy: TwinOptions['policy'] = {}) =>
  addTwin(system, { name, tenant: freshId('tenant'), policy });

const wanted = process.argv.slice(2);

async function record(name: string, twin: TestTwin, runId?: string): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  const history = await system.client.workflow.getHandle(twin.workflow.workflowId, runId).fetchHistory();
  // A stack names the recording machine's folders, and no replay reads it.
  const json = historyToJSON(history).replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
  await writeFile(new URL(`${name}.json`, FOLDER), `${json}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

const idle = await twinOf('idle');
await idle.capture({ count: 1 });
await idle.waiting();
await record('idle-open', idle);

const cooldown = await twinOf('cooldown');
await cooldown.capture({ count: 5, against: null });
await cooldown.ended();
await cooldown.waiting();
await cooldown.capture({ count: 5, against: null });
await cooldown.waiting();
await record('cooldown-open', cooldown);

const held = await twinOf('held', { cooldown_minutes: 0 });
await held.capture();
await held.ended();
await held.waiting();
await record('held-open', held);

const published = await twinOf('published', { cooldown_minutes: 1 / 60, auto_publish: true });
await published.capture();
await published.ended();
await published.capture({ against: 'advice.sports_metaphors' });
await published.ended(2);
await eventually('a rest until the end of the probation', async () => {
  const { until } = await published.waiting();
  return until !== null && Date.parse(until) - Date.now() > 86_400_000;
});
await record('published-twice-open', published);

const forced = await twinOf('forced');
const request: RunRequest = { request_id: 'recorded', force: true, actor: OWNER };
await system.control.requestRun(forced.ref, request);
await forced.ended();
await forced.waiting();
await record('forced-open', forced);

const asked = await twinOf('asked');
await asked.vote({ count: 5, against: null });
await system.control.requestRun(asked.ref, { request_id: 'recorded-at-start', force: false, actor: OWNER });
await asked.ended();
await asked.waiting();
await record('asked-at-start-open', asked);

const failed = await twinOf('failed');
hooked.hooks.set(failed.ref.tenant_id, {
  learn: async () => {
    throw new TypeError('planned');
  },
});
await failed.capture();
await failed.ended();
await failed.waiting();
await record('failed-learn-open', failed);

const continued = await twinOf('continued');
await continued.capture({ count: 5, against: null });
await continued.ended();
await continued.waiting();
const { runId } = await continued.workflow.describe();
await eventually('a new execution', async () => {
  await continued.capture({ count: 1, against: null });
  return (await continued.workflow.describe()).runId !== runId;
});
await continued.waiting();
await record('continued-in-cooldown-closed', continued, runId);
await record('continued-in-cooldown-open', continued);

const purged = await twinOf('purged');
await purged.capture({ count: 1 });
await purged.waiting();
await deleteTwin(system.database, purged.ref, OWNER);
await purged.changed();
await purged.workflow.result();
await record('purged-closed', purged);

await system.stop();
await environment.teardown();
