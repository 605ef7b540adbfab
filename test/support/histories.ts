import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { twins } from '../../src/db/schema/twins.ts';
import { twinWorkflowId } from '../../src/workflows/contract.ts';
import { assertInvariants } from './invariants.ts';
import type { InvariantOptions } from './invariants/invariant.ts';
import { sharedBundle, type TestSystem } from './system.ts';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface RecordedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly history: temporal.api.history.v1.IHistory;
}

/** Events of a workflow's newest execution, or of one that is named. */
export async function eventsOf(workflow: WorkflowHandle): Promise<HistoryEvent[]> {
  return (await workflow.fetchHistory()).events ?? [];
}

/** How often an activity was scheduled, by its name. */
export function scheduled(events: readonly HistoryEvent[], activity: string): number {
  return events.filter((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === activity).length;
}

/** What the Web UI shows beside activities and timers, in their order. */
export function summariesOf(events: readonly HistoryEvent[]): string[] {
  return events
    .map((event) => event.userMetadata?.summary?.data)
    .filter((data) => data !== undefined && data !== null)
    .map((data) => JSON.parse(Buffer.from(data).toString('utf8')) as string);
}

/** Every execution of every twin in the system's database, open and closed. */
export async function recordedRuns({ database, client }: TestSystem): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for (const { id } of await database.db.select({ id: twins.id }).from(twins)) {
    const workflowId = twinWorkflowId(id);
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      runs.push({ workflowId, runId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() });
    }
  }
  return runs;
}

/** Fails with each execution that the workflow code, by default today's, does not replay; returns how many it replayed. */
export async function assertReplayable(
  runs: Iterable<Omit<RecordedRun, 'runId'>>,
  bundle?: WorkflowBundle,
): Promise<number> {
  const histories = [...runs].map(({ workflowId, history }) => ({ workflowId, history }));
  const workflowBundle = bundle ?? (await sharedBundle());
  const failures: string[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    replayed += 1;
    if (error !== undefined) failures.push(`${workflowId}: ${error.message}`);
  }
  assert.deepEqual(failures, []);
  return replayed;
}

/** For the end of an integration test: the invariants hold, and every history it made replays. */
export async function assertWell(system: TestSystem, options: InvariantOptions = {}): Promise<void> {
  await assertInvariants(system, options);
  const runs = await recordedRuns(system);
  assert.equal(await assertReplayable(runs), runs.length);
  assert.ok(runs.length > 0, 'no history was found to replay');
}
