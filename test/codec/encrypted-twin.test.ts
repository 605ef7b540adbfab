import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import { ENCRYPTED } from '../../src/workflows/contract.ts';
import { examinePayloads } from '../../src/cli/doctor/payloads.ts';
import { dataConverterOf } from '../../src/codec/data-converter.ts';
import type { NamedKey } from '../../src/named-keys.ts';
import type { TemporalClient } from '../../src/temporal.ts';
import { bundleWorkflows } from '../../src/worker-options.ts';
import { eventsOf } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { startOwnTemporal } from '../support/temporal.ts';
import { addTwin } from '../support/twins.ts';
import { codecKey } from './keys.ts';

interface Payload {
  readonly metadata: Readonly<Record<string, Uint8Array>>;
}

/** Every payload anywhere in an event. Search attributes and the SDK's own markers are the server's to read. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('metadata' in value && 'data' in value) return [value as unknown as Payload];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'searchAttributes' || name === 'markerRecordedEventAttributes' ? [] : payloadsIn(inner),
  );
}
const encodingOf = ({ metadata }: Payload): string => Buffer.from(metadata['encoding'] ?? '').toString();

describe('a twin whose payloads are encrypted', () => {
  const codecKeys = [codecKey('k1')];
  let system: TestSystem;
  let encoded: Awaited<ReturnType<typeof bundleWorkflows>>;

  let temporal: Awaited<ReturnType<typeof startOwnTemporal>>;

  before(async () => {
    // Its tasks are nothing that the other tests' workers could read.
    temporal = await startOwnTemporal();
    encoded = await bundleWorkflows({ encodesFailures: true });
    system = await startSystem(undefined, async () => {
      const { address, nativeConnection, connection, namespace } = temporal;
      const client = new Client({ connection, ...(namespace && { namespace }), ...dataConverterOf(codecKeys) });
      return { address, nativeConnection, client };
    });
  });
  after(async () => {
    await system.stop();
    await temporal.teardown();
  });
  const encrypting = () => system.startWorker({}, { bundle: encoded, codecKeys });

  it('learns, and its history is ciphertext', async () => {
    const worker = await encrypting();
    const twin = await addTwin(system, { tenant: freshId('tenant') });
    await twin.capture({ count: 5, against: null });
    await twin.ended(1);
    await twin.waiting();
    const found = payloadsIn(await eventsOf(twin.workflow));
    assert.ok(found.length > 10);
    assert.deepEqual([...new Set(found.map(encodingOf))], [ENCRYPTED]);
    const looked = { client: system.client, namespace: system.client.options.namespace } as TemporalClient;
    const examined = (keys?: readonly NamedKey[]) =>
      eventually('a finding of the twin', async () => {
        const finding = await examinePayloads(looked, keys);
        return !finding.detail.includes('no twin') && finding;
      });
    assert.deepEqual((await examined(codecKeys)).status, 'ok');
    const { status, detail } = await examined();
    assert.deepEqual([status, /with the key k1, which is not set here/.test(detail)], ['missing', true]);
    await worker.stop();
  });

  it('lives on after signals that only look encrypted', async () => {
    const worker = await encrypting();
    const twin = await addTwin(system, { tenant: freshId('tenant') });
    await twin.changed();
    const { client } = system;
    for (const id of ['k1', 'nobodys']) {
      await client.workflowService.signalWorkflowExecution({
        namespace: client.options.namespace,
        workflowExecution: { workflowId: twin.workflow.workflowId },
        signalName: 'feedbackCaptured',
        input: {
          payloads: [
            {
              metadata: { encoding: Buffer.from(ENCRYPTED), 'encryption-key-id': Buffer.from(id) },
              data: Buffer.alloc(40),
            },
          ],
        },
      });
    }
    await twin.capture({ count: 5, against: null });
    await twin.ended(1);
    await worker.stop();
  });

  it('waits while a worker lacks the key, and goes on with one that has it', async () => {
    const first = await encrypting();
    const twin = await addTwin(system, { tenant: freshId('tenant') });
    await twin.changed();
    await twin.waiting();
    await first.stop();
    const without = await system.startWorker();
    await twin.capture({ count: 5, against: null });
    await eventually('a workflow task that failed', async () => {
      const { raw } = await twin.workflow.describe();
      return (raw.pendingWorkflowTask?.attempt ?? 0) > 1;
    });
    await without.stop();
    const second = await encrypting();
    await twin.ended(1);
    await second.stop();
  });
});
