import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { WorkerVersion } from '../../config.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';

const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

/** Workers that poll and get no task, because another version is current. */
export interface IdleWorkers {
  /** Null: workers without a version. */
  readonly polling: WorkerVersion | null;
  /** Null: tasks go to workers without a version. */
  readonly current: WorkerVersion | null;
}

type Version = { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined;

const versionOf = (version: Version): WorkerVersion | null =>
  version?.deploymentName && version.buildId
    ? { deploymentName: version.deploymentName, buildId: version.buildId }
    : null;

const keyOf = (version: WorkerVersion | null): string => (version === null ? '' : JSON.stringify(version));

/** What polled for the twins' workflows after `since` (ms), where no task goes to any of it; undefined where one is served. */
export async function idleWorkers(client: Client, namespace: string, since: number): Promise<IdleWorkers | undefined> {
  const { pollers, versioningInfo } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUES.control },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });
  const current = versionOf(versioningInfo?.currentDeploymentVersion);
  const served = new Set([keyOf(current)]);
  const ramping = versionOf(versioningInfo?.rampingDeploymentVersion);
  if (ramping !== null && (versioningInfo?.rampingVersionPercentage ?? 0) > 0) served.add(keyOf(ramping));
  // The server remembers pollers that are gone.
  const alive = pollers.filter(({ lastAccessTime }) => (lastAccessTime?.seconds?.toNumber() ?? 0) * 1_000 > since);
  const polling = alive.map(({ deploymentOptions }) =>
    deploymentOptions?.workerVersioningMode === WORKER_VERSIONING_MODE_VERSIONED ? versionOf(deploymentOptions) : null,
  );
  const [first] = polling;
  if (first === undefined || polling.some((version) => served.has(keyOf(version)))) return undefined;
  return { polling: first, current };
}
