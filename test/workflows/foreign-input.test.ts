import assert from 'node:assert/strict';
import { encodingKeys } from '@temporalio/common/lib/converter/types.js';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TASK_QUEUES, TWIN_WORKFLOW } from '../../src/workflows/contract.ts';
import { assertWell, eventsOf } from '../support/histories.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { addTwin, type TestTwin } from '../support/twins.ts';

const { UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED: COMPLETED } =
  proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage;
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const payload = (encoding: string, data: string): Payload => ({
  metadata: { encoding: bytes(encoding) },
  data: bytes(data),
});

/** What the SDK's converter throws over, as `temporal workflow signal --input-meta encoding=...` sends it. */
const UNDECODABLE: Readonly<Record<string, Payload>> = {
  'an encoding that nobody knows': payload('foo/bar', 'abc'),
  'a message of protobuf': payload('binary/protobuf', '\xff\xfe\xfd'),
  'JSON that is none': { metadata: { encoding: encodingKeys.METADATA_ENCODING_JSON }, data: bytes('{nope') },
  'bytes that are no text': { metadata: { encoding: encodingKeys.METADATA_ENCODING_JSON }, data: bytes('\xff\x00') },
  'no encoding': { data: bytes('abc') },
};

/** Sends what no client of ours would, as anybody with a command line can. */
describe('the twin workflow given what the SDK cannot take', () => {
  let system: TestSystem;
  const tenant = freshId('tenant');

  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  const signal = (twin: TestTwin, signalName: string, input: readonly Payload[] = []) =>
    system.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: twin.workflow.workflowId },
      signalName,
      input: { payloads: [...input] },
    });

  const started = async (name: string) => {
    const twin = await addTwin(system, { name, tenant });
    await twin.changed();
    await twin.waiting();
    return twin;
  };

  async function assertUnharmed(twin: TestTwin): Promise<void> {
    const events = await eventsOf(twin.workflow);
    assert.deepEqual(
      events.flatMap((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? []),
      [],
    );
  }

  for (const [what, content] of Object.entries(UNDECODABLE)) {
    it(`takes a signal with ${what} as one without content`, async () => {
      const twin = await started('content');
      await signal(twin, 'nobodyKnowsThis', [content]);
      await signal(twin, 'stateChanged', [payload('json/plain', '{}'), content]);
      await twin.vote({ count: 5, against: null });
      await signal(twin, 'feedbackCaptured', [content]);
      await twin.ended(1, 10_000);
      assert.equal((await twin.jobs())[0]?.metadata.trigger, 'feedback_event');
      await assertUnharmed(twin);
    });
  }

  for (const name of [
    '__temporal_',
    '__temporal_workflow_metadata',
    '__temporal_workflow_stream_publish',
    '__stack_trace',
  ]) {
    it(`lives on after a signal named ${name}`, async () => {
      const twin = await started('reserved');
      await signal(twin, name);
      await signal(twin, name, [payload('foo/bar', 'abc')]);
      await twin.capture({ count: 5, against: null });
      await twin.ended(1, 10_000);
      await assertUnharmed(twin);
    });
  }

  it('answers queries whatever comes with them, and one that it does not know with an error', async () => {
    const twin = await started('query');
    const { workflowService } = system.client;
    const execution = { workflowId: twin.workflow.workflowId };
    for (const content of Object.values(UNDECODABLE)) {
      const query = { queryType: 'learningState', queryArgs: { payloads: [content] } };
      const { queryResult } = await workflowService.queryWorkflow({ namespace: 'default', execution, query });
      const answer = Buffer.from(queryResult?.payloads?.[0]?.data ?? []).toString();
      assert.deepEqual(JSON.parse(answer), { phase: 'waiting', until: null });
    }
    for (const name of ['nobodyKnowsThis', '__temporal_nobody']) {
      await assert.rejects(twin.workflow.query(name, 'abc'), /did not register a handler for .*Registered queries/);
    }
    await assertUnharmed(twin);
  });

  for (const [what, request] of [
    ['nothing', undefined],
    ['a text', 'abc'],
    ['a list', [{}]],
    ['no actor', { request_id: 'r', force: true }],
    ['a text that cannot be stored', { request_id: 'r', force: true, actor: 'a\u0000b' }],
    ['half a character', { request_id: 'r', force: true, actor: 'a', reason: '\ud800' }],
    ['a long text', { request_id: 'r', force: true, actor: 'a'.repeat(500) }],
    ['a threshold of none', { request_id: 'r', force: false, actor: 'a', min_events: 0 }],
    ['a threshold that is a text', { request_id: 'r', force: false, actor: 'a', min_events: '5' }],
    ['a field that it does not know', { request_id: 'r', force: true, actor: 'a', comment: 'text' }],
  ] as [string, unknown][]) {
    it(`refuses the update requestRun with ${what}, and writes nothing`, async () => {
      const twin = await started('request');
      const before = (await eventsOf(twin.workflow)).length;
      const { workflow } = twin;
      const asked =
        request === undefined
          ? workflow.executeUpdate('requestRun')
          : workflow.executeUpdate('requestRun', { args: [request] });
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure);
        assert.equal(error.cause.type, 'BadInput');
        assert.match(error.cause.message, /^requestRun takes \{ request_id, actor, force/);
        return true;
      });
      assert.equal((await eventsOf(twin.workflow)).length, before);
      assert.deepEqual(await twin.jobs(), []);
    });
  }

  it('refuses updates that it does not know or cannot decode', async () => {
    const twin = await started('update');
    for (const name of ['nobodyKnowsThis', '__temporal_nobody']) {
      await assert.rejects(twin.workflow.executeUpdate(name, { args: ['abc'] }), (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        assert.match(String(error.cause?.message), /No registered handler for update/);
        return true;
      });
    }
    const { workflowService } = system.client;
    for (const content of Object.values(UNDECODABLE)) {
      const { outcome } = await workflowService.updateWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: twin.workflow.workflowId },
        request: {
          meta: { updateId: freshId('update') },
          input: { name: 'requestRun', args: { payloads: [content] } },
        },
        waitPolicy: { lifecycleStage: COMPLETED },
      });
      assert.ok(outcome?.failure, 'an update with such content was carried out');
    }
    await assertUnharmed(twin);
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});

describe("a workflow started by hand under a twin's id", () => {
  let system: TestSystem;
  before(async () => {
    system = await startSystem();
    await system.startWorker();
  });
  after(() => system.stop());

  const start = async (workflowId: string, type: string, input: readonly Payload[]): Promise<WorkflowHandle> => {
    await system.client.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      requestId: freshId('request'),
      workflowType: { name: type },
      taskQueue: { name: TASK_QUEUES.control },
      input: { payloads: [...input] },
    });
    return system.client.workflow.getHandle(workflowId);
  };

  for (const [what, type, input] of [
    ['no input', TWIN_WORKFLOW, []],
    ['an input that cannot be decoded', TWIN_WORKFLOW, [payload('foo/bar', 'abc')]],
    ['a text', TWIN_WORKFLOW, [payload('json/plain', '"abc"')]],
    ["another twin's input", TWIN_WORKFLOW, [payload('json/plain', '{"twinId":"other"}')]],
    ['a type that no worker has', 'nobodyKnowsThis', []],
  ] as const) {
    it(`fails with ${what}, and the twin's next poke starts the right one`, async () => {
      const twin = await addTwin(system, { name: 'by-hand', tenant: freshId('tenant') });
      const byHand = await start(twin.workflow.workflowId, type, input);
      await assert.rejects(byHand.result(), (error) => {
        assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
        assert.equal(error.cause.type, 'BadInput');
        return true;
      });
      await twin.capture({ count: 5, against: null });
      await twin.ended(1, 10_000);
      assert.equal((await twin.workflow.describe()).status.name, 'RUNNING');
    });
  }

  it("of a type that no worker has waits for one that has it, where the id is not a twin's", async () => {
    const workflow = await start(freshId('elsewhere'), 'nobodyKnowsThis', []);
    await eventually('a failed task', async () =>
      (await eventsOf(workflow)).some((event) => event.workflowTaskFailedEventAttributes),
    );
    assert.equal((await workflow.describe()).status.name, 'RUNNING');
    await workflow.terminate();
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
