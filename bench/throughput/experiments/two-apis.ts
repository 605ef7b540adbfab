import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Experiment } from '../bench.ts';
import { cast, refusals, ROUTE_TWINS, TWIN_PREFIX, warmUpSeconds } from '../contenders/contender.ts';
import { countInLedger } from '../system/count-votes.ts';
import { startTwinloop } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import type { CountCheck, Report } from '../report.ts';
import { spread } from '../statistics.ts';

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
  const system = await startTwinloop(bench, { apis });
  try {
    const { sql } = system.database;
    const apiKey = await system.ownerKey('bench');
    await makeTwins(system.database, { tenant: 'bench', prefix: TWIN_PREFIX, count: ROUTE_TWINS, coolingDown: true });
    const target = { urls: system.urls, apiKey };
    const warmUp = { kind: 'closed', connections: CONNECTIONS, seconds: warmUpSeconds(bench) } as const;
    const run = `apis-${apis}-r${round}`;
    await cast(bench, target, `${run}-warm`, warmUp);
    await bench.postgres.checkpoint();
    const load = await cast(bench, target, run, { ...warmUp, seconds: bench.seconds });
    await sleep(STATISTICS_MS);
    const [row] = await sql<{ deadlocks: number }[]>`
      select deadlocks::int from pg_stat_database where datname = current_database()`;
    bench.progress(`round ${round}: ${apis} API processes: ${Math.round(load.perSecond)}/s${refusals(load)}`);
    return {
      perSecond: load.perSecond,
      deadlocks: row?.deadlocks ?? Number.NaN,
      refused: load.refusedVotes.length,
      check: await countInLedger(sql, run, load),
    };
  } finally {
    await system.stop();
  }
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
