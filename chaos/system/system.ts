import type { Child, Children } from '../../bench/throughput/system/children.ts';
import { startPostgres } from '../../bench/throughput/system/postgres.ts';
import { startTemporal, type BenchTemporal } from '../../bench/throughput/system/temporal.ts';
import { childEnvironment } from '../../src/config.ts';
import { createTwinControl, type TwinControl } from '../../src/control/twin-control.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { freePort } from '../../src/dev/ports.ts';
import { ownTemporalVariables } from '../../src/dev/process-specs.ts';
import { apiIsReady, waitUntil } from '../../src/dev/readiness.ts';
import { ensureSweepSchedule } from '../../src/schedule.ts';
import type { Commit, Moment, OnCommit } from '../proxy/commit-tap.ts';
import type { Build } from './build.ts';
import { createReplica, type Replica } from './replica.ts';

const WORKERS = 3;
const APIS = 2;
const START_TIMEOUT_MS = 60_000;
/** What the person who runs this has set for his own system. */
const AMBIENT = /^(TEMPORAL|TWINLOOP|FEEDBACK_LEARNING|LLM)_|^(HOST|PORT|DATABASE_URL|DATA_DIR)$/;

interface Api extends Replica {
  readonly url: string;
}

/** What happens at a commit of a replica. */
export type CommitWatch = (replica: Replica, when: Moment, commit: Commit) => ReturnType<OnCommit> | 'skip' | void;

/** The built system: several processes on one Postgres and one Temporal, each behind proxies that this process holds. */
export interface ChaosSystem {
  readonly workers: readonly Replica[];
  readonly apis: readonly Api[];
  readonly postgres: Child;
  readonly temporal: BenchTemporal;
  /** Past the proxies, for questions and checks. */
  readonly database: OpenDatabase;
  readonly control: TwinControl;
  readonly environment: NodeJS.ProcessEnv;
  readonly build: Build;
  /** Hears of every commit of a replica until the function that it returns is called. */
  watchCommits(watch: CommitWatch): () => void;
  /** Resolves when every replica answers or polls. Throws with the log of one that does not. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** `codecKeys` is a value of TEMPORAL_CODEC_KEYS: payloads are encrypted then. */
export async function startChaosSystem(children: Children, build: Build, codecKeys?: string): Promise<ChaosSystem> {
  const [postgres, temporal] = await Promise.all([startPostgres(children), startTemporal(children, codecKeys)]);
  const databaseUrl = await postgres.createDatabase('chaos');
  await migrateDatabase(databaseUrl);
  const database = openDatabase(databaseUrl, { max: 6 });
  const control = createTwinControl(temporal.client, () => {});
  const watches = new Set<CommitWatch>();
  const environment = childEnvironment(
    { NODE_ENV: 'production', DATABASE_URL: databaseUrl, ...temporal.variables },
    (name) => AMBIENT.test(name),
  );

  const replica = (name: string, entry: string, more: Readonly<Record<string, string>> = {}): Promise<Replica> =>
    createReplica({
      children,
      name,
      postgresPort: Number(new URL(databaseUrl).port),
      temporalPort: Number(temporal.address.split(':').at(-1)),
      launch(ports) {
        const url = new URL(databaseUrl);
        url.port = String(ports.postgres);
        const own = { DATABASE_URL: url.href, ...ownTemporalVariables(children.folder, ports.temporal), ...more };
        return { args: [build.file(entry)], env: { ...environment, ...own } };
      },
      async onCommit(one, when, commit) {
        let skip: 'skip' | void = undefined;
        for (const watch of watches) skip = (await watch(one, when, commit)) ?? skip;
        return skip;
      },
    });

  const workers = await Promise.all(Array.from({ length: WORKERS }, (_, n) => replica(`worker-${n}`, 'worker.js')));
  const apis = await Promise.all(
    Array.from({ length: APIS }, async (_, n): Promise<Api> => {
      const port = await freePort();
      const one = await replica(`api-${n}`, 'server.js', { PORT: String(port) });
      return Object.assign(one, { url: `http://127.0.0.1:${port}` });
    }),
  );

  async function untilReady(one: Replica, ask: () => Promise<boolean>): Promise<void> {
    if (!(await waitUntil(ask, START_TIMEOUT_MS)))
      throw new Error(`${one.name} is not ready\n${await one.logTail(20)}`);
  }
  const system: ChaosSystem = {
    workers,
    apis,
    postgres: postgres.child,
    temporal,
    database,
    control,
    environment,
    build,
    watchCommits(watch) {
      watches.add(watch);
      return () => void watches.delete(watch);
    },
    async ready() {
      await Promise.all([
        ...apis.map((api) => untilReady(api, () => apiIsReady(api.url))),
        ...workers.map((worker) => untilReady(worker, () => worker.saidSinceStart('worker is polling'))),
      ]);
    },
    async stop() {
      for (const one of [...workers, ...apis]) {
        one.postgres.close();
        one.temporal.close();
      }
      await control.settle();
      await database.close();
      await temporal.connection.close();
    },
  };
  await system.ready();
  await ensureSweepSchedule(temporal.client, (work) => work());
  return system;
}

export const logFilesOf = ({ workers, apis }: ChaosSystem): string[] =>
  [...workers, ...apis].flatMap(({ logs }) => logs);
