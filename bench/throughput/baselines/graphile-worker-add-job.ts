/**
 * graphile-worker: an `addJob` for each request through the one `makeWorkerUtils` of the process, as its documentation
 * has it; `addJobs` is for callers who have a batch. Prepared statements are on. Nobody works the jobs off meanwhile.
 */
import { makeWorkerUtils } from 'graphile-worker';
import { serveBaseline } from './serve-baseline.ts';

await serveBaseline(async ({ databaseUrl }) => {
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, maxPoolSize: 20 });
  await utils.migrate();
  return async (vote) => {
    await utils.addJob('vote', vote);
  };
});
