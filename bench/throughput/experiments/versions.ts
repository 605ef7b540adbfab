import type { Bench, Experiment } from '../bench.ts';
import { DECISIVE } from '../load/decisive-votes.ts';
import type { Report } from '../report.ts';
import { quantile } from '../statistics.ts';
import { startTwinloop } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import { LEARNS_BY_ITSELF, postDecisiveVotes, untilPublished } from '../system/versions.ts';

const TIMEOUT_MS = 1_800_000;
/** Batches under way at once. */
const SENDERS = 4;

interface Plan {
  readonly name: string;
  readonly tenants: number;
  readonly twinsOfEach: number;
}

interface Measured extends Plan {
  /** Ascending, milliseconds from a twin's votes to its version. */
  readonly times: readonly number[];
  /** From the first vote to the last version. */
  readonly seconds: number;
}

async function measure(bench: Bench, plan: Plan): Promise<Measured> {
  const system = await startTwinloop(bench);
  try {
    const work: { apiKey: string; twinId: string }[] = [];
    for (let tenant = 0; tenant < plan.tenants; tenant += 1) {
      const apiKey = await system.ownerKey(`tenant-${tenant}`);
      const prefix = `twin-${tenant}-`;
      const more = { tenant: `tenant-${tenant}`, prefix, count: plan.twinsOfEach, policy: LEARNS_BY_ITSELF };
      await makeTwins(system.database, more);
      for (let twin = 0; twin < plan.twinsOfEach; twin += 1) work.push({ apiKey, twinId: `${prefix}${twin}` });
    }
    await system.database.sql`analyze`;
    const posted = new Map<string, number>();
    const start = Date.now();
    let next = 0;
    const sender = async (): Promise<void> => {
      for (let one = work[next++]; one !== undefined; one = work[next++]) {
        posted.set(one.twinId, await postDecisiveVotes(system.urls[0] ?? '', one.apiKey, one.twinId));
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    bench.progress(`${plan.name}: all votes are in after ${Math.round((Date.now() - start) / 1_000)} s`);
    const times = await untilPublished(system.database, posted, TIMEOUT_MS);
    const ends = [...posted.values()].map((sent, index) => sent + (times[index] ?? Number.NaN));
    bench.progress(`${plan.name}: all versions are live`);
    return { ...plan, times: times.sort((a, b) => a - b), seconds: (Math.max(...ends) - start) / 1_000 };
  } finally {
    await system.stop();
  }
}

async function run(bench: Bench): Promise<Report> {
  const twins = bench.quick ? 20 : 500;
  const plans: readonly Plan[] = [
    { name: `${twins} twins of one tenant`, tenants: 1, twinsOfEach: twins },
    { name: `${twins} tenants with a twin each`, tenants: twins, twinsOfEach: 1 },
  ];
  const measured: Measured[] = [];
  for (const plan of plans) measured.push(await measure(bench, plan));
  return {
    tables: [
      {
        title: `Seconds from ${DECISIVE} votes for each twin, posted as fast as they are taken, to its published version`,
        columns: ['', 'median', 'p99', 'slowest', 'versions a minute'],
        rows: measured.map(({ name, times, seconds }) => [
          name,
          quantile(times, 0.5) / 1_000,
          quantile(times, 0.99) / 1_000,
          (times.at(-1) ?? Number.NaN) / 1_000,
          (times.length / seconds) * 60,
        ]),
      },
    ],
    targets: [],
    checks: [],
    rounds: measured,
  };
}

export const versions: Experiment = {
  name: 'versions',
  question: 'How long is it from votes to a published version when many twins are due at once?',
  run,
};
