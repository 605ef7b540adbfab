/**
 * pg-boss: `send` for each request. As its documents have it for a process that only sends: supervision and schedules
 * off; the queue's policy is `standard`, which has no unique index to keep. Nobody works the jobs off meanwhile.
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
