import type { Bench, Experiment } from '../bench.ts';
import type { CountCheck, Report } from '../report.ts';
import { spread } from '../statistics.ts';
import { countInLedger } from '../system/count-votes.ts';
import { startTwinloop } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import { LEARNS_BY_ITSELF, postDecisiveVotes, untilPublished } from '../system/versions.ts';

const TIMEOUT_MS = 600_000;
const FLOOD_CONNECTIONS = 50;
/** Twins of the flood's tenant: all due at once, and votes go on for all of them. */
const FLOOD_TWINS = { quick: 20, full: 100 } as const;

async function run(bench: Bench): Promise<Report> {
  const samples = bench.quick ? 2 : 7;
  const floodTwins = FLOOD_TWINS[bench.quick ? 'quick' : 'full'];
  const system = await startTwinloop(bench);
  const url = system.urls[0] ?? '';
  try {
    const floodKey = await system.ownerKey('flood');
    const prefix = 'flood-';
    await makeTwins(system.database, { tenant: 'flood', prefix, count: floodTwins, policy: LEARNS_BY_ITSELF });
    const quietTwin = async (name: string): Promise<number> => {
      const apiKey = await system.ownerKey(name);
      await makeTwins(system.database, { tenant: name, prefix: `${name}-`, count: 1, policy: LEARNS_BY_ITSELF });
      const id = `${name}-0`;
      const posted = new Map([[id, await postDecisiveVotes(url, apiKey, id)]]);
      const [time = Number.NaN] = await untilPublished(system.database, posted, TIMEOUT_MS);
      bench.progress(`${name}: ${Math.round(time)} ms`);
      return time;
    };

    // The first one pays for code that is not warm.
    await quietTwin('cold');
    const unloaded: number[] = [];
    for (let n = 1; n <= samples; n += 1) unloaded.push(await quietTwin(`unloaded-${n}`));

    const stop = { now: false };
    const checks: CountCheck[] = [];
    const flood = (async (): Promise<void> => {
      for (let part = 1; !stop.now; part += 1) {
        const run = `flood-votes-${part}`;
        const votes = { run, apiKey: floodKey, twinPrefix: prefix, twins: floodTwins };
        const load = { kind: 'closed', urls: system.urls, votes, connections: FLOOD_CONNECTIONS, seconds: 2 } as const;
        checks.push(await countInLedger(system.database.sql, run, await bench.load(load)));
      }
    })();
    for (let n = 0; n < floodTwins; n += 1) await postDecisiveVotes(url, floodKey, `${prefix}${n}`);
    const loaded: number[] = [];
    for (let n = 1; n <= samples; n += 1) loaded.push(await quietTwin(`loaded-${n}`));
    stop.now = true;
    await flood;

    const [quiet, busy] = [spread(unloaded), spread(loaded)];
    const row = (name: string, { median, least, most }: typeof quiet) => [name, median, least, most];
    return {
      tables: [
        {
          title: `Milliseconds from votes to the published version of a tenant's only twin; ${samples} tenants each`,
          columns: ['', 'median', 'least', 'most'],
          rows: [
            row('nobody else votes', quiet),
            row(`another tenant's ${floodTwins} twins learn, ${FLOOD_CONNECTIONS} connections vote`, busy),
          ],
        },
      ],
      targets: [
        { name: 'under the flood, times unloaded', measured: busy.median / quiet.median, bound: 'at most', target: 3 },
      ],
      checks,
    };
  } finally {
    await system.stop();
  }
}

export const quietTenant: Experiment = {
  name: 'quiet-tenant',
  question: "Does a tenant's flood slow another tenant's learning down?",
  run,
};
