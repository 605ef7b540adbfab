import type { Bench, Experiment } from '../bench.ts';
import { bareInsert, graphileWorker, pgBoss } from '../contenders/baselines.ts';
import { cast, refusals, slug, warmUpSeconds, type Contender, type RunningContender } from '../contenders/contender.ts';
import { signalAVote } from '../contenders/signal-a-vote.ts';
import { twinloopContender } from '../contenders/twinloop.ts';
import { figuresOf, type LoadResult } from '../load/load.ts';
import type { CountCheck, Report, Target } from '../report.ts';
import { spread } from '../statistics.ts';
import type { Child } from '../system/children.ts';
import { cpuTime } from '../system/cpu-time.ts';

const CONNECTIONS = [20, 50, 100] as const;
const CPU_CONNECTIONS = 50;
const twinloop = twinloopContender({ name: 'Twinloop' });
const idle = twinloopContender({ name: 'Twinloop, no twin due', policy: { min_events: 1_000_000 } });
const CONTENDERS: readonly Contender[] = [bareInsert, twinloop, idle, pgBoss, graphileWorker, signalAVote];

interface Measured {
  readonly contender: string;
  readonly connections: number;
  readonly load: LoadResult;
  /** CPU milliseconds of a vote: Postgres', and the route's own with all that it runs. NaN where nobody counts them. */
  readonly cpu: { readonly postgres: number; readonly route: number };
}

/** One contender's turn in a round: a fresh database, a warm-up, then each number of connections. */
async function turn(
  bench: Bench,
  contender: Contender,
  round: number,
  checks: CountCheck[],
): Promise<readonly Measured[]> {
  const running = await contender.start(bench);
  const measured: Measured[] = [];
  const name = slug(contender.name);
  try {
    const warmUp = { kind: 'closed', connections: 50, seconds: warmUpSeconds(bench) } as const;
    await cast(bench, running, `${name}-r${round}-warm`, warmUp);
    await running.settle?.();
    await bench.postgres.checkpoint();
    for (const connections of CONNECTIONS) {
      const run = `${name}-r${round}-c${connections}`;
      const before = await cpuOf(bench, running);
      const load = await cast(bench, running, run, { kind: 'closed', connections, seconds: bench.seconds });
      const after = await cpuOf(bench, running);
      checks.push(await running.count(run, load));
      const cpu = {
        postgres: (after.postgres - before.postgres) / load.accepted,
        route: (after.route - before.route) / load.accepted,
      };
      measured.push({ contender: contender.name, connections, load, cpu });
      bench.progress(
        `round ${round}: ${contender.name}, ${connections} connections: ${Math.round(load.perSecond)}/s${refusals(load)}`,
      );
    }
  } finally {
    await running.stop();
  }
  return measured;
}

async function cpuOf({ postgres }: Bench, { processes }: RunningContender): Promise<Measured['cpu']> {
  const used = async (child: Child): Promise<number> => (await cpuTime(await child.pid())) ?? Number.NaN;
  const own = await Promise.all(processes.map(used));
  return { postgres: await used(postgres.child), route: own.reduce((sum, time) => sum + time, 0) };
}

async function run(bench: Bench): Promise<Report> {
  const measured: Measured[] = [];
  const checks: CountCheck[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const contender of CONTENDERS) measured.push(...(await turn(bench, contender, round, checks)));
  }
  const rate = (contender: Contender, connections: number) =>
    spread(
      measured
        .filter((one) => one.contender === contender.name && one.connections === connections)
        .map(({ load }) => load.perSecond),
    );
  const cpu = (contender: Contender, of: 'postgres' | 'route'): number =>
    spread(
      measured
        .filter((one) => one.contender === contender.name && one.connections === CPU_CONNECTIONS)
        .map((one) => one.cpu[of]),
    ).median;
  const median = (contender: Contender, connections: number): number => rate(contender, connections).median;
  const peak = (contender: Contender): number => Math.max(...CONNECTIONS.map((c) => median(contender, c)));
  const ofBare = (connections: number, target: number): Target => ({
    name: `of the bare route at ${connections} connections`,
    measured: median(twinloop, connections) / median(bareInsert, connections),
    bound: 'at least',
    target,
  });
  return {
    tables: [
      {
        title: `Votes a second, closed loop; median of ${bench.rounds} (least to most)`,
        columns: ['route', ...CONNECTIONS.map((c) => `${c} connections`), 'best, of the bare route'],
        rows: CONTENDERS.map((contender) => [
          contender.name,
          ...CONNECTIONS.map((connections) => {
            const { median: middle, least, most } = rate(contender, connections);
            return `${Math.round(middle)} (${Math.round(least)} to ${Math.round(most)})`;
          }),
          peak(contender) / peak(bareInsert),
        ]),
      },
      {
        title: `CPU milliseconds of a vote at ${CPU_CONNECTIONS} connections; on a busy machine they say more than the rates`,
        columns: ['route', 'Postgres', 'server, worker, Temporal'],
        rows: CONTENDERS.map((contender) => [
          contender.name,
          cpu(contender, 'postgres').toFixed(2),
          cpu(contender, 'route').toFixed(2),
        ]),
      },
    ],
    targets: [
      { name: 'times pg-boss, best of each', measured: peak(twinloop) / peak(pgBoss), bound: 'at least', target: 4 },
      {
        name: 'times one signal a vote, best of each',
        measured: peak(twinloop) / peak(signalAVote),
        bound: 'at least',
        target: 30,
      },
      ofBare(20, 0.6),
      ofBare(50, 0.8),
      ofBare(100, 0.8),
    ],
    checks,
    rounds: measured.map(({ load, ...about }) => ({ ...about, ...figuresOf(load) })),
  };
}

export const routes: Experiment = {
  name: 'routes',
  question: 'How many votes a second does each route take?',
  run,
};
