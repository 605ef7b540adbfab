import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Experiment } from '../bench.ts';
import { cast, refusals, warmUpSeconds } from '../contenders/contender.ts';
import { twinloopContender } from '../contenders/twinloop.ts';
import type { CountCheck, Report } from '../report.ts';
import { spread } from '../statistics.ts';
import { withConnection } from '../system/postgres.ts';

const CONNECTIONS = 100;
/** Backends report what they did when they are idle, at most once a second. */
const STATISTICS_MS = 1_500;

interface Result {
  readonly perSecond: number;
  readonly deadlocks: number;
  readonly refused: number;
  readonly check: CountCheck;
}

async function withApis(bench: Bench, apis: number, round: number): Promise<Result> {
  const running = await twinloopContender({ name: 'Twinloop', apis }).start(bench);
  try {
    const warmUp = { kind: 'closed', connections: CONNECTIONS, seconds: warmUpSeconds(bench) } as const;
    const run = `apis-${apis}-r${round}`;
    await cast(bench, running, `${run}-warm`, warmUp);
    await running.settle?.();
    await bench.postgres.checkpoint();
    const before = await deadlocksSoFar(bench);
    const load = await cast(bench, running, run, { ...warmUp, seconds: bench.seconds });
    await sleep(STATISTICS_MS);
    const deadlocks = (await deadlocksSoFar(bench)) - before;
    bench.progress(`round ${round}: ${apis} API processes: ${Math.round(load.perSecond)}/s${refusals(load)}`);
    const { perSecond, refusedVotes } = load;
    return { perSecond, deadlocks, refused: refusedVotes.length, check: await running.count(run, load) };
  } finally {
    await running.stop();
  }
}

async function deadlocksSoFar({ postgres }: Bench): Promise<number> {
  const [row] = await withConnection(
    postgres.url,
    (sql) => sql<{ deadlocks: number }[]>`select sum(deadlocks)::int as deadlocks from pg_stat_database`,
  );
  return row?.deadlocks ?? Number.NaN;
}

async function run(bench: Bench): Promise<Report> {
  const one: Result[] = [];
  const two: Result[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    one.push(await withApis(bench, 1, round));
    two.push(await withApis(bench, 2, round));
  }
  const rate = (results: readonly Result[]) => spread(results.map(({ perSecond }) => perSecond));
  const sum = (figure: 'deadlocks' | 'refused', results: readonly Result[]): number =>
    results.reduce((total, result) => total + result[figure], 0);
  return {
    tables: [
      {
        title: `Votes a second on one Postgres, ${CONNECTIONS} connections; median of ${bench.rounds} (least to most)`,
        columns: ['API processes', 'votes a second', 'deadlocks', 'votes without a 202'],
        rows: [one, two].map((results, index) => {
          const { median, least, most } = rate(results);
          return [
            String(index + 1),
            `${Math.round(median)} (${Math.round(least)} to ${Math.round(most)})`,
            String(sum('deadlocks', results)),
            String(sum('refused', results)),
          ];
        }),
      },
    ],
    targets: [
      {
        name: 'two API processes, of one',
        measured: rate(two).median / rate(one).median,
        bound: 'at least',
        target: 1,
      },
      { name: 'deadlocks', measured: sum('deadlocks', [...one, ...two]), bound: 'at most', target: 0 },
    ],
    checks: [...one, ...two].map(({ check }) => check),
  };
}

export const twoApis: Experiment = {
  name: 'two-apis',
  question: "Do two API processes on one Postgres get in each other's way?",
  run,
};
