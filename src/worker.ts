import { Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { createTenantFits } from './activities/tenant-fits.ts';
import { dataConverterOf } from './codec/data-converter.ts';
import { loadConfig } from './config.ts';
import { createTwinControl } from './control/twin-control.ts';
import { openDatabase } from './db/client.ts';
import { createLearner } from './learner/learner.ts';
import { createLanguageModel } from './llm/openai-compatible.ts';
import { createLog } from './log.ts';
import { isOperatorRefusal, missingSearchAttributes } from './search-attributes.ts';
import { connectClient, connectWorker } from './temporal.ts';
import { controlOptions, learningOptions, versionOptions, workflowBundle } from './worker-options.ts';

const config = loadConfig();
const log = createLog('worker');
Runtime.install({ shutdownSignals: ['SIGTERM', 'SIGINT'] });

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
const control = createTwinControl(temporal.client, (message, level) => log(level, message));

try {
  const activities = createActivities({
    database,
    defaults: config.learning,
    openJobsPerTenant: config.openJobsPerTenant,
    textRetentionDays: config.textRetentionDays,
    control,
    fits: createTenantFits(database, learner),
    learner,
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
  log('info', 'worker is polling', { namespace, ...workerVersion });
  await Promise.all(workers.map((worker) => worker.run()));
} finally {
  await control.settle();
  await learner.close();
  await database.close();
  await temporal.connection.close();
  await connection.close();
}
