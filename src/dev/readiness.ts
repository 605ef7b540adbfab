import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { TASK_QUEUES } from '../workflows/contract.ts';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
/** Of one question; the next one follows. */
const ANSWER_TIMEOUT_MS = 3_000;

/** Asks until the answer is yes: true, or false when `giveUp` says so or `timeoutMs` passed. A failure counts as no. */
export async function waitUntil(
  ask: () => Promise<boolean>,
  timeoutMs: number,
  giveUp: () => boolean = () => false,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && !giveUp()) {
    if (await ask().catch(() => false)) return true;
    await sleep(100);
  }
  return false;
}

/** True when the API says that it can answer. */
export async function apiIsReady(api: string): Promise<boolean> {
  return (await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })).ok;
}

/** True when workers have polled both task queues after `since` (ms): the server remembers pollers that are gone. */
export async function workerPolls(client: Client, namespace: string, since: number): Promise<boolean> {
  const wanted = [
    { name: TASK_QUEUES.control, taskQueueType: TASK_QUEUE_TYPE_WORKFLOW },
    { name: TASK_QUEUES.learning, taskQueueType: TASK_QUEUE_TYPE_ACTIVITY },
  ];
  const answers = await client.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, async () =>
    Promise.all(
      wanted.map(async ({ name, taskQueueType }) =>
        client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
      ),
    ),
  );
  return answers.every(({ pollers }) =>
    pollers.some(({ lastAccessTime }) => (lastAccessTime?.seconds?.toNumber() ?? 0) * 1_000 + 1_000 > since),
  );
}
