import { join } from 'node:path';
import { loadConfig } from '../../../src/config.ts';
import { freePort, waitForPort } from '../../../src/dev/ports.ts';
import { ownTemporalVariables } from '../../../src/dev/process-specs.ts';
import { findTemporalCli } from '../../../src/dev/temporal-cli.ts';
import { prepareNamespace } from '../../../src/dev/temporal-namespace.ts';
import { temporalServerArguments } from '../../../src/dev/temporal-server.ts';
import { connectClient, type TemporalClient } from '../../../src/temporal.ts';
import type { Child, Children } from './children.ts';

const START_TIMEOUT_MS = 60_000;

export interface BenchTemporal extends TemporalClient {
  readonly child: Child;
  /** Leads a process of ours to it. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** A Temporal of one's own, on a file as `./temporal-dev.sh` runs it; `codecKeys` is a value of TEMPORAL_CODEC_KEYS. */
export async function startTemporal(children: Children, codecKeys?: string): Promise<BenchTemporal> {
  const { path, cacheDir, temporal } = loadConfig();
  const cli = await findTemporalCli({ explicit: temporal.cli, path, cacheDir });
  if (cli.path === undefined) {
    throw new Error(`No Temporal CLI (${cli.misses.join('; ')}): npm run temporal-cli fetches it`);
  }
  const port = await freePort();
  const args = temporalServerArguments({
    port,
    uiPort: null,
    databaseFile: join(children.folder, `temporal-${port}.db`),
  });
  const child = children.start('temporal', { command: cli.path, args });
  if (!(await waitForPort('127.0.0.1', port, START_TIMEOUT_MS))) {
    throw new Error(`Temporal did not start\n${await child.process.logTail(20)}`);
  }
  const codec = codecKeys === undefined ? {} : { TEMPORAL_CODEC_KEYS: codecKeys };
  const variables = { ...ownTemporalVariables(children.folder, port), ...codec };
  const connected = connectClient(loadConfig(variables).temporal);
  await prepareNamespace(connected, true);
  return {
    ...connected,
    child,
    variables,
    async stop() {
      await connected.connection.close();
      await child.stop();
    },
  };
}
