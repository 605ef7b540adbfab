import { childEnvironment } from '../../../src/config.ts';
import { openDatabase, type OpenDatabase } from '../../../src/db/client.ts';
import { createKey } from '../../../src/db/key-writes.ts';
import { migrateDatabase } from '../../../src/db/migrate.ts';
import { freePort } from '../../../src/dev/ports.ts';
import { ensureSweepSchedule } from '../../../src/schedule.ts';
import { apiIsReady, waitUntil, workerPolls } from '../../../src/dev/readiness.ts';
import type { Bench } from '../bench.ts';
import type { Child } from './children.ts';
import { startTemporal, type BenchTemporal } from './temporal.ts';

const START_TIMEOUT_MS = 60_000;
/** What the person who runs this has set for his own system. */
const AMBIENT = /^(TEMPORAL|TWINLOOP|FEEDBACK_LEARNING)_|^(HOST|PORT|DATABASE_URL|DATA_DIR)$/;

export interface TwinloopOptions {
  /** API processes on the one database. */
  readonly apis?: number;
  readonly worker?: boolean;
}

/** Twinloop as the README runs it in production: built, `NODE_ENV=production`, a database and a Temporal of its own. */
export interface Twinloop {
  readonly urls: readonly string[];
  readonly apis: readonly Child[];
  readonly worker: Child | undefined;
  readonly database: OpenDatabase;
  readonly temporal: BenchTemporal;
  /** For the command line in `dist`. */
  readonly environment: NodeJS.ProcessEnv;
  /** An owner key of a tenant, which is made when it is missing. */
  ownerKey(tenant: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startTwinloop(
  bench: Bench,
  { apis = 1, worker = true }: TwinloopOptions = {},
): Promise<Twinloop> {
  const { children, postgres } = bench;
  const [databaseUrl, temporal] = await Promise.all([postgres.createDatabase('twinloop'), startTemporal(children)]);
  await migrateDatabase(databaseUrl);
  const environment = childEnvironment(
    { NODE_ENV: 'production', DATABASE_URL: databaseUrl, ...temporal.variables },
    (name) => AMBIENT.test(name),
  );
  const profiling = bench.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.profiles}`];
  const start = (entry: 'server' | 'worker', more: Readonly<Record<string, string>> = {}): Child =>
    children.start(entry, {
      command: process.execPath,
      args: [...profiling, `dist/${entry}.js`],
      env: { ...environment, ...more },
    });

  const since = Date.now();
  const workerChild = worker ? start('worker') : undefined;
  const servers = await Promise.all(
    Array.from({ length: apis }, async () => {
      const port = await freePort();
      return { child: start('server', { PORT: String(port) }), url: `http://127.0.0.1:${port}` };
    }),
  );
  for (const { child, url } of servers) await untilReady(child, () => apiIsReady(url));
  if (workerChild !== undefined) {
    await untilReady(workerChild, () => workerPolls(temporal.client, temporal.namespace, since));
  }
  // As `twinloop doctor --fix` makes it; nobody else does here.
  await ensureSweepSchedule(temporal.client, (work) => work());
  const database = openDatabase(databaseUrl, { max: 4 });
  return {
    urls: servers.map(({ url }) => url),
    apis: servers.map(({ child }) => child),
    worker: workerChild,
    database,
    temporal,
    environment,
    ownerKey: async (tenant) => (await createKey(database.db, { tenant_id: tenant, role: 'owner', name: 'bench' })).key,
    async stop() {
      for (const { child } of servers) await child.stop();
      await workerChild?.stop();
      await database.close();
      await temporal.stop();
    },
  };
}

/** Throws with the log of a process that does not get ready. */
export async function untilReady(child: Child, ask: () => Promise<boolean>): Promise<void> {
  if (await waitUntil(ask, START_TIMEOUT_MS, () => child.process.crashes > 2)) return;
  throw new Error(`${child.process.spec.name} did not start\n${await child.process.logTail(20)}`);
}
