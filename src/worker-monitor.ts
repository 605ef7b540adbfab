import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { WorkerMetrics } from './activities/metrics.ts';
import type { OpenDatabase } from './db/client.ts';
import { registerDueGauge } from './due-gauge.ts';
import type { Log } from './log.ts';
import { serveMonitor, type MonitorServer } from './monitor-server.ts';
import { temporalAnswers, type Asked } from './temporal-health.ts';

const POSTGRES_TIMEOUT_MS = 1_000;

export interface Monitored {
  readonly metrics: WorkerMetrics;
  readonly connection: Asked;
  readonly database: OpenDatabase;
  readonly workers: readonly Pick<Worker, 'getState'>[];
  readonly defaultMinEvents: number;
  readonly sdkUrl: string | undefined;
}

/** Answers probes and Prometheus for a worker. Undefined where it cannot listen: twins learn all the same. */
export async function monitorWorker(
  at: { readonly host: string; readonly port: number },
  watched: Monitored,
  log: Log,
): Promise<MonitorServer | undefined> {
  const { metrics, database, defaultMinEvents, sdkUrl } = watched;
  registerDueGauge(metrics.registry, database.db, defaultMinEvents);
  const problems = () => workerProblems(watched);
  try {
    return await serveMonitor(at, {
      problems,
      async metrics() {
        metrics.ready((await problems()).length === 0);
        return metrics.registry.metrics();
      },
      sdkUrl,
    });
  } catch (error) {
    log('warning', 'no metrics of this worker: set WORKER_METRICS_PORT (and _HOST) to a free port of its own', {
      ...at,
      error,
    });
    return undefined;
  }
}

/** What keeps a worker from its work; none when it is ready. Its state alone says "polling" of a Temporal that is gone, too. */
async function workerProblems({ connection, database, workers }: Monitored): Promise<string[]> {
  const [temporal, postgres] = await Promise.all([temporalAnswers(connection), postgresAnswers(database)]);
  const polls = workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING');
  return [
    ...(polls ? [] : ['The worker does not poll: it starts or stops.']),
    ...(temporal ? [] : ['Temporal does not answer.']),
    ...(postgres ? [] : ['Postgres does not answer.']),
  ];
}

async function postgresAnswers({ sql }: OpenDatabase): Promise<boolean> {
  const timeout = new AbortController();
  const late = sleep(POSTGRES_TIMEOUT_MS, false, { signal: timeout.signal }).catch(() => false);
  try {
    return await Promise.race([sql`select 1`.then(() => true), late]);
  } catch {
    return false;
  } finally {
    timeout.abort();
  }
}
