import type { Bench, Experiment } from '../bench.ts';
import { cast, refusals, warmUpSeconds } from '../contenders/contender.ts';
import { twinloopContender } from '../contenders/twinloop.ts';
import type { CountCheck, Report } from '../report.ts';
import { spread } from '../statistics.ts';

const TWINS = [1, 100, 10_000] as const;
const CONNECTIONS = 50;

async function run(bench: Bench): Promise<Report> {
  const rates = new Map<number, number[]>(TWINS.map((twins) => [twins, []]));
  const checks: CountCheck[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const twins of TWINS) {
      const running = await twinloopContender({ name: 'Twinloop', twins }).start(bench);
      try {
        const name = `twins-${twins}-r${round}`;
        const warmUp = { kind: 'closed', connections: CONNECTIONS, seconds: warmUpSeconds(bench) } as const;
        await cast(bench, running, `${name}-warm`, warmUp, twins);
        await running.settle?.();
        await bench.postgres.checkpoint();
        const load = await cast(bench, running, name, { ...warmUp, seconds: bench.seconds }, twins);
        checks.push(await running.count(name, load));
        rates.get(twins)?.push(load.perSecond);
        bench.progress(`round ${round}: ${twins} twins: ${Math.round(load.perSecond)}/s${refusals(load)}`);
      } finally {
        await running.stop();
      }
    }
  }
  const rate = (twins: number) => spread(rates.get(twins) ?? []);
  return {
    tables: [
      {
        title: `Votes a second, closed loop, ${CONNECTIONS} connections; median of ${bench.rounds} (least to most)`,
        columns: ['twins', 'votes a second', 'of 100 twins'],
        rows: TWINS.map((twins) => {
          const { median, least, most } = rate(twins);
          return [
            String(twins),
            `${Math.round(median)} (${Math.round(least)} to ${Math.round(most)})`,
            median / rate(100).median,
          ];
        }),
      },
    ],
    targets: [
      {
        name: 'one hot twin, of 100 twins',
        measured: rate(1).median / rate(100).median,
        bound: 'at least',
        target: 0.9,
      },
    ],
    checks,
  };
}

export const twins: Experiment = {
  name: 'twins',
  question: 'Does it matter how many twins the votes are for?',
  run,
};
