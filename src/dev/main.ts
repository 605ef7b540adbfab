/** What temporal-dev.sh runs: the local system, from nothing to `twinloop ready`, until it is told to stop. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, loadConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { lockDataFolder } from './instance-lock.ts';
import { stopLeftovers } from './leftovers.ts';
import { requireFreePorts } from './ports.ts';
import { readyBlock } from './ready.ts';
import { createReporter } from './reporter.ts';
import { System } from './system.ts';
import { UserError } from './user-error.ts';

/** In the command line of every supervisor. */
const MARKER = join('src', 'dev', 'main.ts');
/** `timeout`, npm and a terminal deliver one stop twice: to us and to our group. */
const SAME_SIGNAL_MS = 1_000;
const reporter = createReporter((text) => process.stdout.write(text));

async function main(): Promise<void> {
  const config = loadConfig();
  const dataDir = resolve(config.dataDir);
  await mkdir(dataDir, { recursive: true }).catch((error: Error) => {
    throw new UserError(`DATA_DIR is ${dataDir}, which cannot be made: ${error.message}`);
  });
  const unlock = await lockDataFolder(dataDir, MARKER);
  process.on('exit', unlock);
  const system = new System(config, dataDir, reporter);
  stopOnSignals(system, dataDir);
  // Without us nobody would start them again, or stop them.
  process.on('uncaughtException', (error) => {
    system.kill();
    fail(error);
  });
  try {
    await stopLeftovers(dataDir, (line) => reporter.line(line));
    await requireFreePorts(wantedPorts(config));
    const values = await system.start();
    reporter.line(readyBlock(values));
  } catch (error) {
    // The signal's own handler stops everything and ends the process.
    if (stoppingSince !== undefined) return;
    await system.stop();
    throw error;
  }
}

let stoppingSince: number | undefined;

function stopOnSignals(system: System, dataDir: string): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (Date.now() - stoppingSince < SAME_SIGNAL_MS) return;
        system.kill();
        process.exit(1);
      }
      stoppingSince = Date.now();
      reporter.line('stopping (once more: at once)');
      system.stop().then(
        () => {
          reporter.line(`stopped; the data stays in ${dataDir}`);
          process.exit(0);
        },
        (error: unknown) => fail(error),
      );
    });
  }
}

function wantedPorts({ api, temporal, postgres }: Config) {
  const local = '127.0.0.1';
  return [
    { variable: 'PORT', host: api.host, port: api.port, use: 'the API' },
    ...(temporal.address === undefined
      ? [
          { variable: 'TEMPORAL_PORT', host: local, port: temporal.port, use: 'Temporal' },
          { variable: 'TEMPORAL_UI_PORT', host: local, port: temporal.uiPort, use: "Temporal's Web UI" },
          ...(temporal.codecKeys === undefined
            ? []
            : [{ variable: 'TEMPORAL_CODEC_PORT', host: local, port: temporal.codecPort, use: 'the codec server' }]),
        ]
      : []),
    ...(postgres.url === undefined
      ? [{ variable: 'POSTGRES_PORT', host: local, port: postgres.port, use: 'Postgres' }]
      : []),
  ];
}

function fail(error: unknown): never {
  const expected = error instanceof UserError || error instanceof ConfigError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

// A terminal that is gone (or `| head`) must not end us before everything is stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
await main().catch(fail);
