import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  bundleWorkflowCode,
  type WorkerOptions,
  type WorkflowBundle,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Activities } from './activities/index.ts';
import { FAILURE_CONVERTER } from './codec/data-converter.ts';
import type { WorkerVersion } from './config.ts';
import { TASK_QUEUES } from './workflows/contract.ts';

/** Where the build puts the bundle; that for workers with a codec puts what failures say into payloads. */
export const prebuiltBundle = (encodesFailures: boolean): string =>
  fileURLToPath(new URL(`./workflow-bundle${encodesFailures ? '-encoded' : ''}.js`, import.meta.url));

/** Workflow code as the sandbox runs it: made by the build in production, here and now otherwise. */
export async function workflowBundle(encodesFailures: boolean): Promise<WorkflowBundleOption> {
  const codePath = prebuiltBundle(encodesFailures);
  return existsSync(codePath) ? { codePath } : bundleWorkflows({ encodesFailures });
}

interface BundleOptions {
  /** Paths of modules with further interceptors, for tests of what a change would do. */
  readonly more?: readonly string[];
  /** For workers with a codec. */
  readonly encodesFailures?: boolean;
}

export async function bundleWorkflows({
  more = [],
  encodesFailures = false,
}: BundleOptions = {}): Promise<WorkflowBundle> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const path = (name: string) => fileURLToPath(new URL(`./workflows/${name}.${extension}`, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath: path('index'),
    workflowInterceptorModules: [path('junk'), ...more],
    ...(encodesFailures ? { failureConverterPath: FAILURE_CONVERTER } : {}),
    // Webpack's listing of modules is of no interest to anybody here.
    logger: new DefaultLogger('WARN'),
  });
}

/** Longer than any control step, so that a rolling restart costs no second attempt. */
const SHUTDOWN_GRACE = '15s';

/** A cancelled or fenced step should hear of it soon, and no pause between two should come near the time-out. */
const HEARTBEAT_THROTTLE = '2s';

/**
 * AUTO_UPGRADE, for all: a twin's workflow lives for years and rests most of them, so pinned to a build it would keep that
 * build's workers alive with it. It moves to the current build with its next task, which is what `patched()` and the
 * recorded histories are for. A sweep, one activity long, has nothing to gain from staying either.
 */
export function versionOptions(version: WorkerVersion | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' } };
}

/** Workflows and the short database steps. */
export function controlOptions(activities: Activities, bundle: WorkflowBundleOption): WorkerOptions {
  return {
    taskQueue: TASK_QUEUES.control,
    workflowBundle: bundle,
    activities,
    shutdownGraceTime: SHUTDOWN_GRACE,
    // A twin that waits costs memory only; beyond this many the coldest is replayed when it wakes.
    maxCachedWorkflows: 500,
    // The default of 10 s is how long the twins of a killed worker would stand still.
    stickyQueueScheduleToStartTimeout: '3s',
    // More than the database's connections would only queue there.
    maxConcurrentActivityTaskExecutions: 20,
    workflowTaskPollerBehavior: { type: 'autoscaling', initial: 2, maximum: 10 },
    activityTaskPollerBehavior: { type: 'autoscaling', initial: 2, maximum: 10 },
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
  };
}

/** Learn and gate, on a queue of their own that never delays a control step. */
export function learningOptions(activities: Activities): WorkerOptions {
  return {
    taskQueue: TASK_QUEUES.learning,
    activities,
    shutdownGraceTime: SHUTDOWN_GRACE,
    // The learner's threads compute, by turns; steps wait for them here. Three times what a tenant may have open unless
    // told otherwise: with fewer, one tenant's waiting steps would keep every other tenant's out.
    maxConcurrentActivityTaskExecutions: 24,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
  };
}
