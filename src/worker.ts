import { Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { createWorkerMetrics } from './activities/metrics.ts';
import { createTenantFits } from './activities/tenant-fits.ts';
import { dataConverterOf } from './codec/data-converter.ts';
import { loadConfig } from './config.ts';
import { createTwinControl } from './control/twin-control.ts';
import { openDatabase } from './db/client.ts';
import { createLearner } from './learner/learner.ts';
import { createLanguageModel } from './llm/openai-compatible.ts';
import { createLog } from './log.ts';
import type { MonitorServer } from './monitor-server.ts';
import { isOperatorRefusal, missingSearchAttributes } from './search-attributes.ts';
import { connectClient, connectWorker } from './temporal.ts';
import { installRuntime } from './temporal-runtime.ts';
import { controlOptions, learningOptions, versionOptions, workflowBundle } from './worker-options.ts';
import { monitorWorker } from './worker-monitor.ts';

const config = loadConfig();
const log = createLog('worker', config.logLevel);
const monitored = config.workerMetrics.port !== 0;
const sdkUrl = await installRuntime(log, { metrics: monitored });

const { connection, namespace } = await connectWorker(config.temporal);
const missing = await missingSearchAttributes(connection, namespace).catch((error: unknown) => {
  if (!isOperatorRefusal(error)) throw error;
  log('warning', 'the search attributes cannot be checked here: see that they are registered', { namespace });
  return [];
});
if (missing.length > 0) {
  await connection.close();
  throw new Error(
    `Temporal's namespace ${namespace} lacks the search attributes ${missing.join(', ')}, and a workflow that sets one ` +
      'would be stuck for ever. Register them: twinloop doctor --fix',
  );
}
const database = openDatabase(config.databaseUrl, { max: 12 });
const learner = createLearner(config.databaseUrl);
const temporal = connectClient(config.temporal);
const control = createTwinControl(temporal.client, (message, level, fields) => log(level, message, fields));
const metrics = createWorkerMetrics();
let monitor: MonitorServer | undefined;

try {
  const activities = createActivities({
    database,
    defaults: config.learning,
    openJobsPerTenant: config.openJobsPerTenant,
    textRetentionDays: config.textRetentionDays,
    control,
    fits: createTenantFits(database, learner),
    learner,
    metrics,
    ...(config.llm === undefined ? {} : { llm: { ...config.llm, model: createLanguageModel(config.llm.endpoint) } }),
  });
  const { workerVersion, codecKeys } = config.temporal;
  const bundle = await workflowBundle(codecKeys !== undefined);
  const undecodable = (why: string): void => log('warning', 'a payload cannot be decrypted', { why });
  const shared = {
    connection,
    namespace,
    ...versionOptions(workerVersion),
    ...dataConverterOf(codecKeys, undecodable),
  };
  const workers = await Promise.all([
    Worker.create({ ...shared, ...controlOptions(activities, bundle) }),
    Worker.create({ ...shared, ...learningOptions(activities) }),
  ]);
  if (monitored) {
    const defaultMinEvents = config.learning.min_events;
    const watched = { metrics, connection, database, workers, defaultMinEvents, sdkUrl };
    monitor = await monitorWorker(config.workerMetrics, watched, log);
  }
  log('info', 'worker is polling', { namespace, ...workerVersion });
  await Promise.all(workers.map((worker) => worker.run()));
} finally {
  await monitor?.close();
  await control.settle();
  await learner.close();
  await database.close();
  await temporal.connection.close();
  await connection.close();
}
