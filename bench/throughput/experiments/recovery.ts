import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Experiment } from '../bench.ts';
import type { CountCheck, Report } from '../report.ts';
import { countInLedger } from '../system/count-votes.ts';
import type { Child } from '../system/children.ts';
import { startTwinloop, type Twinloop } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import { LEARNS_BY_ITSELF, postDecisiveVotes, untilPublished } from '../system/versions.ts';

const CONNECTIONS = 20;
const TWINS = 20;
const SECONDS = 15;
const KILL_AFTER_MS = 4_000;
const TIMEOUT_MS = 300_000;
/** Long enough for some of the twins to be in the middle of a step. */
const INTO_LEARNING_MS = 1_000;

const kill = async (child: Child): Promise<void> => void process.kill(await child.pid(), 'SIGKILL');

interface Outage {
  readonly name: string;
  /** Longest time without an accepted vote. */
  readonly seconds: number;
  readonly unanswered: number;
  readonly check: CountCheck;
}

/** Kills a process while votes come in. */
async function duringVotes(bench: Bench, system: Twinloop, name: string, child: Child): Promise<Outage> {
  const slug = name.toLowerCase();
  const apiKey = await system.ownerKey('votes');
  await makeTwins(system.database, { tenant: 'votes', prefix: `${slug}-`, count: TWINS, coolingDown: true });
  const run = `kill-${slug}`;
  const votes = { run, apiKey, twinPrefix: `${slug}-`, twins: TWINS };
  const load = bench.load({ kind: 'closed', urls: system.urls, votes, connections: CONNECTIONS, seconds: SECONDS });
  await sleep(KILL_AFTER_MS);
  await kill(child);
  const result = await load;
  const check = await countInLedger(system.database.sql, run, result);
  bench.progress(`${name} killed: ${(result.longestGap / 1_000).toFixed(1)} s without an accepted vote`);
  return { name, seconds: result.longestGap / 1_000, unanswered: result.refusedVotes.length, check };
}

/** Seconds from votes for twenty twins to the last of their versions. */
async function learning(system: Twinloop, tenant: string, during: () => Promise<void>): Promise<number> {
  const apiKey = await system.ownerKey(tenant);
  await makeTwins(system.database, { tenant, prefix: `${tenant}-`, count: TWINS, policy: LEARNS_BY_ITSELF });
  const posted = new Map<string, number>();
  const start = Date.now();
  for (let n = 0; n < TWINS; n += 1) {
    const id = `${tenant}-${n}`;
    posted.set(id, start);
    await postDecisiveVotes(system.urls[0] ?? '', apiKey, id);
  }
  await sleep(INTO_LEARNING_MS);
  await during();
  return Math.max(...(await untilPublished(system.database, posted, TIMEOUT_MS))) / 1_000;
}

async function run(bench: Bench): Promise<Report> {
  const system = await startTwinloop(bench);
  const { worker, apis, temporal } = system;
  const api = apis[0];
  if (api === undefined || worker === undefined) throw new Error('an API and a worker are needed');
  try {
    const undisturbed = await learning(system, 'undisturbed', async () => {});
    bench.progress(`nothing killed: ${undisturbed.toFixed(1)} s to ${TWINS} versions`);
    const killed = await learning(system, 'worker-killed', () => kill(worker));
    bench.progress(`worker killed: ${killed.toFixed(1)} s to ${TWINS} versions`);
    const outages: Outage[] = [];
    outages.push(await duringVotes(bench, system, 'API', api));
    outages.push(await duringVotes(bench, system, 'Temporal', temporal.child));
    outages.push(await duringVotes(bench, system, 'Postgres', bench.postgres.child));
    return {
      tables: [
        {
          title: `kill -9 while ${CONNECTIONS} connections vote; each process is started again after .2 s`,
          columns: ['killed', 'longest time without an accepted vote, s', 'votes without an answer or refused'],
          rows: outages.map(({ name, seconds, unanswered }) => [name, seconds, String(unanswered)]),
        },
        {
          title: `Seconds from votes for ${TWINS} twins to the last of their versions`,
          columns: ['', 'seconds'],
          rows: [
            ['undisturbed', undisturbed],
            ['worker killed with kill -9 meanwhile', killed],
          ],
        },
      ],
      targets: [],
      checks: outages.map(({ check }) => check),
    };
  } finally {
    await system.stop();
  }
}

export const recovery: Experiment = {
  name: 'recovery',
  question: 'How long does it take to recover from kill -9, and is a vote lost?',
  run,
};
