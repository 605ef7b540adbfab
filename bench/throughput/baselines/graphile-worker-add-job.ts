/** graphile-worker: `addJob` of one `makeWorkerUtils` with a pool of its own, prepared statements on. Nobody works the jobs off meanwhile. */
import { makeWorkerUtils } from 'graphile-worker';
import { serveBaseline } from './serve-baseline.ts';

await serveBaseline(async ({ databaseUrl }) => {
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, maxPoolSize: 20 });
  await utils.migrate();
  return async (vote) => {
    await utils.addJob('vote', vote);
  };
});
