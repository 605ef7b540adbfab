import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultContext, Outcome, Recovery } from '../fault.ts';
import { pick } from '../pick.ts';

const KILLS = 3;
/** Between two kills: what was killed is back, and in the middle of something again. */
const PAUSE_MS = { least: 2_500, most: 5_000 } as const;

/** Kills again and again while votes come in and twins learn. */
async function killing(
  { learners, learn, random, progress }: FaultContext,
  kill: (n: number) => Promise<string>,
  until: Recovery['until'],
): Promise<Outcome> {
  const recoveries: Recovery[] = [];
  const share = Math.ceil(learners.length / KILLS);
  for (let n = 0; n < KILLS; n += 1) {
    learn(learners.slice(n * share, (n + 1) * share));
    // Some kills hit the claim, some the middle of a step.
    await sleep(200 + random() * 1_500);
    const since = Date.now();
    progress(`  kill -9 of ${await kill(n)}`);
    recoveries.push({ since, until: 'vote' }, { since, until: 'job' });
    if (until === 'vote') recoveries.pop();
    await sleep(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least));
  }
  return { fired: KILLS, recoveries };
}

const both = { learners: 6 } as const;

export const killWorker: Fault = {
  ...both,
  name: 'kill-worker',
  what: 'kill -9 of one worker after the other while votes come in and twins learn',
  run: (context) =>
    killing(
      context,
      async () => {
        const worker = pick(context.system.workers, context.random);
        await worker.signal('SIGKILL');
        return worker.name;
      },
      'job',
    ),
};

export const killApi: Fault = {
  ...both,
  name: 'kill-api',
  what: 'kill -9 of one API after the other while votes come in and twins learn',
  run: (context) =>
    killing(
      context,
      async () => {
        const api = pick(context.system.apis, context.random);
        await api.signal('SIGKILL');
        return api.name;
      },
      'vote',
    ),
};

const killServer = (name: 'temporal' | 'postgres', what: string): Fault => ({
  ...both,
  name: `kill-${name}`,
  what,
  run: (context) =>
    killing(
      context,
      async () => {
        const { system } = context;
        const child = name === 'temporal' ? system.temporal.child : system.postgres;
        child.process.crashes = 0;
        process.kill(await child.pid(), 'SIGKILL');
        return name;
      },
      'job',
    ),
});

export const killTemporal = killServer('temporal', 'kill -9 of Temporal, on its database file, while twins learn');
export const killPostgres = killServer(
  'postgres',
  'kill -9 of Postgres (the postmaster) while votes come in and twins learn',
);
