import type { Bench, Experiment } from '../bench.ts';
import { bareInsert } from '../contenders/baselines.ts';
import { cast, refusals, slug, warmUpSeconds, type Contender } from '../contenders/contender.ts';
import { twinloopContender } from '../contenders/twinloop.ts';
import { figuresOf, type LoadResult } from '../load/load.ts';
import type { CountCheck, Report } from '../report.ts';
import { spread } from '../statistics.ts';

const SHARE_OF_PEAK = 0.7;
const CONNECTIONS = 100;
const PEAK_CONNECTIONS = [20, 50, 100] as const;
const CONTENDERS = [bareInsert, twinloopContender({ name: 'Twinloop' })] as const;

/** The most votes a second that the bare route takes in a closed loop: median of the rounds, best number of connections. */
async function barePeak(bench: Bench): Promise<number> {
  const running = await bareInsert.start(bench);
  try {
    await cast(bench, running, 'peak-warm', { kind: 'closed', connections: 50, seconds: warmUpSeconds(bench) });
    const rates: number[] = [];
    for (const connections of PEAK_CONNECTIONS) {
      const rounds: number[] = [];
      for (let round = 1; round <= bench.rounds; round += 1) {
        const shape = { kind: 'closed', connections, seconds: bench.seconds } as const;
        rounds.push((await cast(bench, running, `peak-c${connections}-r${round}`, shape)).perSecond);
      }
      rates.push(spread(rounds).median);
    }
    return Math.max(...rates);
  } finally {
    await running.stop();
  }
}

async function atRate(
  bench: Bench,
  contender: Contender,
  run: string,
  perSecond: number,
): Promise<{ load: LoadResult; check: CountCheck }> {
  const running = await contender.start(bench);
  try {
    const warmUp = { kind: 'closed', connections: 50, seconds: warmUpSeconds(bench) } as const;
    await cast(bench, running, `${run}-warm`, warmUp);
    await running.settle?.();
    await bench.postgres.checkpoint();
    const load = await cast(bench, running, run, {
      kind: 'open',
      connections: CONNECTIONS,
      seconds: bench.seconds,
      perSecond,
    });
    return { load, check: await running.count(run, load) };
  } finally {
    await running.stop();
  }
}

async function run(bench: Bench): Promise<Report> {
  const peak = await barePeak(bench);
  const rate = Math.floor(SHARE_OF_PEAK * peak);
  bench.progress(`the bare route takes ${Math.round(peak)}/s at its peak; votes come in at ${rate}/s`);
  const loads = new Map<Contender, LoadResult[]>(CONTENDERS.map((contender) => [contender, []]));
  const checks: CountCheck[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const contender of CONTENDERS) {
      const { load, check } = await atRate(bench, contender, `open-${slug(contender.name)}-r${round}`, rate);
      loads.get(contender)?.push(load);
      checks.push(check);
      bench.progress(`round ${round}: ${contender.name}: p99 ${Math.round(load.p99)} ms${refusals(load)}`);
    }
  }
  const of = (contender: Contender, figure: 'p50' | 'p99' | 'slowest') =>
    spread((loads.get(contender) ?? []).map((load) => load[figure]));
  const [bare, twinloop] = CONTENDERS;
  return {
    tables: [
      {
        title: `Milliseconds from the instant a vote was due, open loop, ${rate} votes a second (${SHARE_OF_PEAK} of the bare route's peak of ${Math.round(peak)}); median of ${bench.rounds} (least to most)`,
        columns: ['route', 'p50', 'p99', 'slowest'],
        rows: CONTENDERS.map((contender) => [
          contender.name,
          ...(['p50', 'p99', 'slowest'] as const).map((name) => {
            const { median, least, most } = of(contender, name);
            return `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;
          }),
        ]),
      },
    ],
    targets: [
      {
        name: "p99, times the bare route's",
        measured: of(twinloop, 'p99').median / of(bare, 'p99').median,
        bound: 'at most',
        target: 3,
      },
    ],
    checks,
    rounds: CONTENDERS.flatMap((contender) =>
      (loads.get(contender) ?? []).map((load) => ({ contender: contender.name, ...figuresOf(load) })),
    ),
  };
}

export const latency: Experiment = {
  name: 'latency',
  question: 'How long does a vote take when votes come in at a steady rate?',
  run,
};
