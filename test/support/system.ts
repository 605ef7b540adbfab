import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { createActivities } from '../../src/activities/index.ts';
import { createTenantFits } from '../../src/activities/tenant-fits.ts';
import { dataConverterOf } from '../../src/codec/data-converter.ts';
import type { NamedKey } from '../../src/named-keys.ts';
import type { WorkerVersion } from '../../src/config.ts';
import { createTwinControl, type TwinControl } from '../../src/control/twin-control.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { createLearner, type Learner } from '../../src/learner/learner.ts';
import type { LearningDefaults } from '../../src/learning/policy.ts';
import { bundleWorkflows, controlOptions, learningOptions, versionOptions } from '../../src/worker-options.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { useTemporal, type TestTemporal } from './temporal.ts';

export const DEFAULTS: LearningDefaults = {
  min_events: 5,
  cooldown_minutes: 30,
  auto_publish: false,
  run_regression_gate: true,
  trial_share: 0,
};

export interface TestWorker {
  readonly workers: readonly Worker[];
  /** Ends when its tasks have ended. */
  stop(): Promise<void>;
}

/** Other workflow code than the checkout's, or a version of a Worker Deployment. */
interface TestRelease {
  readonly bundle?: WorkflowBundle;
  readonly version?: WorkerVersion;
  /** Encrypts its payloads; the bundle has to be one that encodes failures. */
  readonly codecKeys?: readonly NamedKey[];
}

/** A database of one's own, the run's Temporal, and workers at will: the whole system without its processes. */
export interface TestSystem {
  readonly url: string;
  /** Of the Temporal server, for processes of their own. */
  readonly address: string;
  readonly database: OpenDatabase;
  readonly client: Client;
  readonly control: TwinControl;
  readonly learner: Learner;
  readonly defaults: LearningDefaults;
  /** A worker whose activities get `faults` in place of what they depend on. */
  startWorker(faults?: Partial<ActivityDeps>, release?: TestRelease): Promise<TestWorker>;
  stop(): Promise<void>;
}

let current: Promise<WorkflowBundle> | undefined;
/** The workflow code as it is now, bundled once a run. */
export const sharedBundle = () => (current ??= bundleWorkflows());

export async function startSystem(
  defaults: LearningDefaults = DEFAULTS,
  connect: () => Promise<TestTemporal> = useTemporal,
  createDatabase: () => Promise<TestDatabase> = createTestDatabase,
): Promise<TestSystem> {
  const [testDatabase, temporal] = await Promise.all([createDatabase(), connect()]);
  const database = openDatabase(testDatabase.url);
  const learner = createLearner(testDatabase.url);
  const control = createTwinControl(temporal.client, () => {});
  const workers: TestWorker[] = [];
  return {
    url: testDatabase.url,
    address: temporal.address,
    database,
    client: temporal.client,
    control,
    learner,
    defaults,
    async startWorker(faults = {}, { bundle, version, codecKeys } = {}) {
      const fits = createTenantFits(database, learner);
      const activities = createActivities({
        database,
        defaults,
        openJobsPerTenant: 1_000,
        textRetentionDays: 180,
        control,
        fits,
        learner,
        ...faults,
      });
      const shared = {
        connection: temporal.nativeConnection,
        ...versionOptions(version),
        ...dataConverterOf(codecKeys, () => {}),
      };
      const pair = await Promise.all([
        Worker.create({ ...shared, ...controlOptions(activities, bundle ?? (await sharedBundle())) }),
        Worker.create({ ...shared, ...learningOptions(activities) }),
      ]);
      const running = Promise.all(pair.map((worker) => worker.run()));
      const stop = async () => {
        for (const worker of pair) if (worker.getState() === 'RUNNING') worker.shutdown();
        await running;
      };
      const worker = { workers: pair, stop };
      workers.push(worker);
      return worker;
    },
    async stop() {
      for (const worker of workers) await worker.stop();
      await control.settle();
      await learner.close();
      await database.close();
      await testDatabase.drop();
    },
  };
}

/** Ids of one test are nobody else's: the Temporal server is the run's. */
export const freshId = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

/** Asks until the answer is something; fails with `what` after `ms`. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>, ms = 20_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
