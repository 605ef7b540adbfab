import { createApp } from './api/app.ts';
import { describeError } from './api/http/describe-error.ts';
import { createKeyUses } from './api/http/key-uses.ts';
import { serveApp } from './api/serve.ts';
import { ConfigError, DEVELOPMENT_KEY, loadConfig } from './config.ts';
import { createTwinControl } from './control/twin-control.ts';
import { openDatabase } from './db/client.ts';
import { markKeysUsed } from './db/keys.ts';
import { createLearner } from './learner/learner.ts';
import { createLog } from './log.ts';
import { connectClient } from './temporal.ts';
import { temporalAnswers } from './temporal-health.ts';

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (!first) process.exit(1);
        first = false;
        resolve(signal);
      });
    }
  });
}

function listenProblem(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new ConfigError(`PORT ${port} on ${host} is in use: set PORT to a free one.`);
  if (code === 'EACCES') return new ConfigError(`PORT ${port} needs rights this user lacks: set PORT above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return new ConfigError(`HOST ${host} is no address of ours.`);
  return error;
}

const config = loadConfig();
const log = createLog('server', config.logLevel);
const stop = stopRequested();
const stopping = new AbortController();
const database = openDatabase(config.databaseUrl, { max: 12 });
const learner = createLearner(config.databaseUrl);
const temporal = connectClient(config.temporal);
const control = createTwinControl(temporal.client, (message, level, fields) => log(level, message, fields));
const keyUses = createKeyUses(
  (ids) => markKeysUsed(database.db, ids),
  (error) => log('warning', 'the last use of keys is not written down', describeError(error)),
);

try {
  const app = createApp({
    db: database,
    control,
    learner,
    temporalHealth: () => temporalAnswers(temporal.connection),
    defaults: config.learning,
    log,
    stopping: stopping.signal,
    keyUsed: keyUses.mark,
    refusedKeys: config.production ? [DEVELOPMENT_KEY] : [],
    ...config.http,
  });
  const server = await serveApp(app.fetch, config.api).catch((error: unknown) => {
    throw listenProblem(error, config.api);
  });
  log('info', 'api listens', { host: config.api.host, port: server.port });
  const signal = await stop;
  log('info', 'api stops', { signal });
  stopping.abort();
  await server.drain();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await keyUses.close();
  await control.settle();
  await learner.close();
  await database.close();
  await temporal.connection.close();
}
