import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { WorkerVersion } from '../../config.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';

const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

/** Null stands for workers without a version. */
export interface WorkerVersions {
  /** What polls, each once. */
  readonly polling: readonly (WorkerVersion | null)[];
  /** Where the tasks go. */
  readonly current: WorkerVersion | null;
  /** False: no task goes to any of what polls. */
  readonly served: boolean;
}

type Version = { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined;

const versionOf = (version: Version): WorkerVersion | null =>
  version?.deploymentName && version.buildId
    ? { deploymentName: version.deploymentName, buildId: version.buildId }
    : null;

const keyOf = (version: WorkerVersion | null): string => (version === null ? '' : JSON.stringify(version));

const controlQueue = (client: Client, namespace: string) =>
  client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUES.control },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });

type Instant = { readonly seconds?: { toNumber(): number } | null } | null | undefined;
const toMs = (instant: Instant): number => (instant?.seconds?.toNumber() ?? 0) * 1_000;

/** When a worker asked last, by Temporal's clock in ms; undefined when none did. */
export async function newestPoll(client: Client, namespace: string): Promise<number | undefined> {
  const { pollers } = await controlQueue(client, namespace);
  return pollers.length === 0 ? undefined : Math.max(...pollers.map(({ lastAccessTime }) => toMs(lastAccessTime)));
}

/** What polled for the twins' workflows after `since` (ms), and whether it gets tasks. */
export async function workerVersions(client: Client, namespace: string, since: number): Promise<WorkerVersions> {
  const { pollers, versioningInfo } = await controlQueue(client, namespace);
  const current = versionOf(versioningInfo?.currentDeploymentVersion);
  const targets = new Set([keyOf(current)]);
  const ramping = versionOf(versioningInfo?.rampingDeploymentVersion);
  if (ramping !== null && (versioningInfo?.rampingVersionPercentage ?? 0) > 0) targets.add(keyOf(ramping));
  // The server remembers pollers that are gone.
  const alive = pollers.filter(({ lastAccessTime }) => toMs(lastAccessTime) > since);
  const polling = new Map(
    alive.map(({ deploymentOptions }) => {
      const versioned = deploymentOptions?.workerVersioningMode === WORKER_VERSIONING_MODE_VERSIONED;
      const version = versioned ? versionOf(deploymentOptions) : null;
      return [keyOf(version), version];
    }),
  );
  return { polling: [...polling.values()], current, served: [...polling.keys()].some((key) => targets.has(key)) };
}
