import { join } from 'node:path';
import type { Config } from '../config.ts';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../db/advisory-lock.ts';
import { openDatabase } from '../db/client.ts';
import { ensureDemoTenant } from '../db/key-writes.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { ensureSweepSchedule } from '../schedule.ts';
import { connectClient } from '../temporal.ts';
import type { TemporalClient } from '../temporal.ts';
import { waitForPort } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import {
  createProcessEnvironment,
  createProcessSpecs,
  developmentTokenKeys,
  ownTemporalVariables,
  PROCESS_NAMES,
} from './process-specs.ts';
import { apiIsReady, waitUntil, workerPolls } from './readiness.ts';
import { readyValues } from './ready.ts';
import type { ReadyValues } from './ready.ts';
import type { Reporter } from './reporter.ts';
import { SupervisedProcess } from './supervised-process.ts';
import type { ProcessSpec } from './supervised-process.ts';
import { obtainTemporalCli } from './temporal-cli.ts';
import { prepareNamespace } from './temporal-namespace.ts';
import { UserError } from './user-error.ts';
import { ensureDatabase, waitForPostgres } from './wait-for-postgres.ts';

const START_TIMEOUT_MS = 60_000;
/** Somebody else's database either answers or does not: there is no start-up to wait for. */
const EXTERNAL_TIMEOUT_MS = 10_000;
/** Crashes in a row after which a start is given up; later, a process is started again for ever. */
const CRASHES_AT_START = 3;

/** The whole local system on one data folder. */
export class System {
  readonly #config: Config;
  readonly #dataDir: string;
  readonly #reporter: Reporter;
  readonly #specs: ReturnType<typeof createProcessSpecs>;
  readonly #processes: SupervisedProcess[] = [];
  #stopping = false;

  /** `dataDir` is absolute, exists and is locked. */
  constructor(config: Config, dataDir: string, reporter: Reporter) {
    this.#config = config;
    this.#dataDir = dataDir;
    this.#reporter = reporter;
    this.#specs = createProcessSpecs(dataDir, createProcessEnvironment(config, dataDir), developmentTokenKeys(config));
  }

  /** Resolves when everything answers. Throws UserError with the log of what does not. */
  async start(): Promise<ReadyValues> {
    const [temporal] = await Promise.all([this.#startTemporal(), this.#startPostgres()]);
    await this.#migrate();
    await Promise.all([this.#startWorker(temporal), this.#startServer(), this.#startCodecServer()]);
    await this.#ensureSchedule(temporal);
    // Not after a failure: closing it while a call is under way would end this process before it has stopped the others.
    await temporal.connection.close();
    return readyValues(this.#config, temporal.address);
  }

  /** Stops everything in order: nobody loses what he still needs to finish. Keeps the data. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const name of PROCESS_NAMES) {
      await Promise.all(this.#processes.filter(({ spec }) => spec.name === name).map((process) => process.stop()));
    }
  }

  /** Ends everything now. */
  kill(): void {
    this.#stopping = true;
    for (const process of this.#processes) process.kill();
  }

  async #startPostgres(): Promise<void> {
    const { postgres, databaseUrl } = this.#config;
    if (postgres.url !== undefined) {
      const problem = await waitForPostgres(databaseUrl, EXTERNAL_TIMEOUT_MS);
      if (problem !== undefined) throw new UserError(`The database in DATABASE_URL does not answer: ${problem}`);
      return;
    }
    await this.#reporter.step('starting Postgres', 2, async () => {
      const launch = await preparePostgres({ folder: join(this.#dataDir, 'postgres'), port: postgres.port });
      const child = this.#run(this.#specs.postgres(launch));
      const server = new URL(databaseUrl);
      server.pathname = '/postgres';
      const problem = await waitForPostgres(server.href, START_TIMEOUT_MS, () => this.#isHopeless(child));
      if (problem !== undefined) throw await failure(child, problem);
      await ensureDatabase(databaseUrl);
    });
  }

  async #startTemporal(): Promise<TemporalClient> {
    const { temporal, path, cacheDir } = this.#config;
    const own = temporal.address === undefined;
    if (own) {
      const search = { explicit: temporal.cli, path, cacheDir };
      const cli = await obtainTemporalCli(search, (line) => this.#reporter.line(line));
      await this.#reporter.step('starting Temporal', 2, async () => {
        const child = this.#run(this.#specs.temporal(cli, temporal));
        const up = await waitForPort('127.0.0.1', temporal.port, START_TIMEOUT_MS, () => this.#isHopeless(child));
        if (!up) throw await failure(child, 'it does not answer');
      });
    }
    const variables = own ? ownTemporalVariables(this.#dataDir, temporal.port) : temporal.variables;
    const connected = connectClient({ ...temporal, variables });
    await this.#reporter.step(`waiting for Temporal at ${connected.address}`, 2, () =>
      prepareNamespace(connected, own),
    );
    return connected;
  }

  async #migrate(): Promise<void> {
    await this.#reporter.step('migrating the database', 2, () => migrateDatabase(this.#config.databaseUrl));
    const database = openDatabase(this.#config.databaseUrl, { max: 1 });
    try {
      await ensureDemoTenant(database.db, this.#config.apiKey);
    } finally {
      await database.close();
    }
  }

  async #startWorker({ client, namespace }: TemporalClient): Promise<void> {
    const since = Date.now();
    await this.#reporter.step('starting the worker', 5, async () => {
      const child = this.#run(this.#specs.worker());
      const polls = (): Promise<boolean> => workerPolls(client, namespace, since);
      const up = await waitUntil(polls, START_TIMEOUT_MS, () => this.#isHopeless(child));
      if (!up) throw await failure(child, 'it does not take tasks');
    });
  }

  async #startServer(): Promise<void> {
    await this.#reporter.step('starting the API', 3, async () => {
      const child = this.#run(this.#specs.server());
      const { api } = readyValues(this.#config, '');
      const up = await waitUntil(
        () => apiIsReady(api),
        START_TIMEOUT_MS,
        () => this.#isHopeless(child),
      );
      if (!up) throw await failure(child, `${api}/readyz does not say that it is ready`);
    });
  }

  /** For the Web UI of our own Temporal, which was told of it. */
  async #startCodecServer(): Promise<void> {
    const { address, codecKeys, codecPort } = this.#config.temporal;
    if (address !== undefined || codecKeys === undefined) return;
    await this.#reporter.step('starting the codec server', 3, async () => {
      const child = this.#run(this.#specs.codec());
      const up = await waitForPort('127.0.0.1', codecPort, START_TIMEOUT_MS, () => this.#isHopeless(child));
      if (!up) throw await failure(child, 'it does not answer');
    });
  }

  async #ensureSchedule({ client }: TemporalClient): Promise<void> {
    const database = openDatabase(this.#config.databaseUrl, { max: 1 });
    try {
      await ensureSweepSchedule(client, (work) => withAdvisoryLock(database.sql, ADVISORY_LOCKS.sweepSchedule, work));
    } finally {
      await database.close();
    }
  }

  #run(spec: ProcessSpec): SupervisedProcess {
    const process = new SupervisedProcess(spec, (line) => this.#reporter.line(line));
    // A start that is under way while everything stops must not add to it.
    if (this.#stopping) throw new UserError('stopped during the start');
    this.#processes.push(process);
    process.start();
    return process;
  }

  #isHopeless(process: SupervisedProcess): boolean {
    return this.#stopping || process.crashes >= CRASHES_AT_START;
  }
}

async function failure(process: SupervisedProcess, problem: string): Promise<UserError> {
  const { name, logFile } = process.spec;
  return new UserError(`${name} did not start: ${problem}. The end of ${logFile}:\n${await process.logTail(15)}`);
}
