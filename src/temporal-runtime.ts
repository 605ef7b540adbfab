import { Runtime } from '@temporalio/worker';
import type { Log } from './log.ts';
import { temporalLogger } from './temporal-log.ts';
import { unusedPort } from './monitor-server.ts';

/** Somebody else may take the port between the look and the use. */
const TRIES = 3;

/**
 * Makes the process's one Temporal runtime: its lines, the core's too, are lines of `log`. With `metrics` it shows the
 * SDK's own on this machine only; gives back where, or undefined when no port could be had, which is no reason to stand still.
 */
export async function installRuntime(
  log: Log,
  { metrics }: { readonly metrics: boolean },
): Promise<string | undefined> {
  const base = { logger: temporalLogger(log), shutdownSignals: ['SIGTERM', 'SIGINT'] as NodeJS.Signals[] };
  const logging = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const;
  for (let left = metrics ? TRIES : 0; left > 0; left -= 1) {
    const bindAddress = `127.0.0.1:${await unusedPort()}`;
    const prometheus = { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
    try {
      Runtime.install({ ...base, telemetryOptions: { logging, metrics: { prometheus, attachServiceName: false } } });
      return `http://${bindAddress}/metrics`;
    } catch (error) {
      log('warning', 'the metrics of the Temporal SDK found no port', { error });
    }
  }
  Runtime.install({ ...base, telemetryOptions: { logging } });
  return undefined;
}
