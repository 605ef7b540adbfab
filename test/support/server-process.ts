/**
 * Owns the servers of a test run. A process of its own, so that they end with the run however it ends:
 * when its channel closes (tests done, failed, interrupted or killed) it stops them and deletes their files.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { freePort, waitForPort } from '../../src/dev/ports.ts';
import { postgresUrl, preparePostgres } from '../../src/dev/postgres.ts';
import type { Launch } from '../../src/dev/run-as.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { temporalServerArguments } from '../../src/dev/temporal-server.ts';
import { waitForPostgres } from '../../src/dev/wait-for-postgres.ts';
import type { StartAnswer, StartRequest } from './server-messages.ts';

const START_TIMEOUT_MS = 30_000;
const folder = await mkdtemp(join(tmpdir(), 'twinloop-test-'));
const children: { process: ChildProcess; stopSignal: NodeJS.Signals }[] = [];
let stopping = false;

process.on('message', (request: StartRequest) => {
  const started = request.start === 'postgres' ? startPostgres() : startTemporal();
  started.then(answer, (error: unknown) => answer({ failed: request.start, message: String(error) }));
});
process.on('disconnect', () => void stop());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

function answer(message: StartAnswer): void {
  if (process.connected) process.send?.(message);
}

async function startPostgres(): Promise<StartAnswer> {
  const port = await freePort();
  const launch = await preparePostgres({
    folder: join(folder, 'postgres'),
    port,
    // Lost on a power cut, which no test survives anyway.
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  });
  const child = run('postgres', launch, 'SIGINT');
  const problem = await waitForPostgres(postgresUrl(port, 'postgres'), START_TIMEOUT_MS, () => ended(child));
  if (problem !== undefined) throw new Error(`Postgres did not start: ${problem}\n${await logOf('postgres')}`);
  return { started: 'postgres', port };
}

async function startTemporal(): Promise<StartAnswer> {
  const { path, cacheDir, temporal } = loadConfig();
  const cli = await findTemporalCli({ explicit: temporal.cli, path, cacheDir });
  if (cli.path === undefined) {
    throw new Error(`No Temporal CLI (${cli.misses.join('; ')}): npm run temporal-cli fetches it`);
  }
  const port = await freePort();
  const args = temporalServerArguments({ port, uiPort: null, databaseFile: null });
  const child = run('temporal', { command: cli.path, args }, 'SIGTERM');
  if (!(await waitForPort('127.0.0.1', port, START_TIMEOUT_MS, () => ended(child)))) {
    throw new Error(`Temporal did not start\n${await logOf('temporal')}`);
  }
  return { started: 'temporal', address: `127.0.0.1:${port}` };
}

function run(name: string, { command, args, ...ids }: Launch, stopSignal: NodeJS.Signals): ChildProcess {
  if (stopping) throw new Error('the tests are over');
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(command, args, { ...ids, cwd: '/', stdio: ['ignore', log, log] });
  children.push({ process: child, stopSignal });
  return child;
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const logOf = async (name: string): Promise<string> => readFile(join(folder, `${name}.log`), 'utf8');

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(
    children.map(async ({ process: child, stopSignal }) => {
      if (ended(child)) return;
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exit;
      clearTimeout(timer);
    }),
  );
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}
