/**
 * pg-boss: a `send` for each request, as its documentation queues a job; its `insert` is for callers who have a batch.
 * Supervision and schedules are off, so that no maintenance runs beside the requests, and the queue's policy is
 * `standard`, which keeps no unique index. Nobody works the jobs off meanwhile.
 */
import PgBoss from 'pg-boss';
import { serveBaseline } from './serve-baseline.ts';

await serveBaseline(async ({ databaseUrl }) => {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 20, supervise: false, schedule: false });
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  await boss.createQueue('votes');
  return async (vote) => {
    await boss.send('votes', vote);
  };
});
