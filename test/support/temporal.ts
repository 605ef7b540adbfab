import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { NativeConnection } from '@temporalio/worker';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { loadConfig } from '../../src/config.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/contract.ts';
import { startServer } from './servers.ts';

export interface TestTemporal {
  readonly address: string;
  readonly client: Client;
  /** For Worker.create; leave it open. */
  readonly nativeConnection: NativeConnection;
}

// Here, before any test can make the one runtime of this process with its talkative default.
// Tests make workers and tasks vanish on purpose: what the SDK's core warns of is what they are about.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
});

let environment: Promise<TestWorkflowEnvironment> | undefined;

/** The run's one Temporal dev server, with our search attributes; use a random task queue and random ids a test. */
export async function useTemporal(): Promise<TestTemporal> {
  environment ??= connect();
  return environment;
}

async function connect(): Promise<TestWorkflowEnvironment> {
  const { address } = await startServer('temporal');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await TestWorkflowEnvironment.createFromExistingServer({ address });
    } catch (error) {
      // Its port answers a moment before its services do ("Frontend is not healthy yet").
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
}

/** A server of one's own that suggests continue-as-new after so many events; end it with `teardown`. */
export const startShortHistoryTemporal = (events: number): Promise<TestWorkflowEnvironment> =>
  startOwnTemporal(['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${events}`]);

/** A server of one's own, for what would change that of the other tests; end it with `teardown`. */
export async function startOwnTemporal(extraArgs: string[] = []): Promise<TestWorkflowEnvironment> {
  const { path, cacheDir, temporal } = loadConfig();
  const cli = await findTemporalCli({ explicit: temporal.cli, path, cacheDir });
  if (cli.path === undefined) throw new Error('No Temporal CLI: npm run temporal-cli fetches it');
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: cli.path },
      searchAttributes: Object.values(SEARCH_ATTRIBUTES),
      extraArgs,
    },
  });
}
