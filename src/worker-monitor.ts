import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerMetrics } from './activities/metrics.ts';
import type { OpenDatabase } from './db/client.ts';
import { registerDueGauge } from './due-gauge.ts';
import type { Log } from './log.ts';
import { serveMonitor, type MonitorServer } from './monitor-server.ts';

const ANSWER_MS = 1_500;
const SERVING = 1;

export interface Monitored {
  readonly metrics: WorkerMetrics;
  readonly connection: Pick<NativeConnection, 'healthService' | 'withDeadline'>;
  readonly database: OpenDatabase;
  readonly workers: readonly Pick<Worker, 'getState'>[];
  readonly defaultMinEvents: number;
  readonly sdkUrl: string | undefined;
}

/** Answers probes and Prometheus for a worker. Undefined where it cannot listen: twins learn all the same. */
export async function monitorWorker(
  at: { readonly host: string; readonly port: number },
  { metrics, connection, database, workers, defaultMinEvents, sdkUrl }: Monitored,
  log: Log,
): Promise<MonitorServer | undefined> {
  registerDueGauge(metrics.registry, database.db, defaultMinEvents);
  const problems = () => workerProblems(connection, database, workers);
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

/** What keeps a worker from its work, as sentences; none when it is ready. A worker says "polling" of a server that is gone, too. */
async function workerProblems(
  connection: Monitored['connection'],
  { sql }: Pick<OpenDatabase, 'sql'>,
  workers: Monitored['workers'],
): Promise<string[]> {
  const ask = () => connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
  const [polls, temporal, postgres] = await Promise.all([
    workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING'),
    answers(async () => (await connection.withDeadline(Date.now() + ANSWER_MS, ask)).status === SERVING),
    answers(async () => (await sql`select 1`).length === 1),
  ]);
  return [
    ...(polls ? [] : ['The worker does not poll: it starts or stops.']),
    ...(temporal ? [] : ['Temporal does not answer.']),
    ...(postgres ? [] : ['Postgres does not answer.']),
  ];
}

async function answers(ask: () => Promise<boolean>): Promise<boolean> {
  const timeout = new AbortController();
  try {
    return await Promise.race([ask(), sleep(ANSWER_MS, false, { signal: timeout.signal })]);
  } catch {
    return false;
  } finally {
    timeout.abort();
  }
}
