import type { Bench, Experiment } from '../bench.ts';
import { ROUTE_TWINS, TWIN_PREFIX } from '../contenders/contender.ts';
import { countInLedger } from '../system/count-votes.ts';
import { startTwinloop } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import type { CountCheck, Report } from '../report.ts';

const CONNECTIONS = 50;
const PARTS = 4;
const LIMIT_MB = 50;

async function run(bench: Bench): Promise<Report> {
  const votes = bench.quick ? 4_000 : 200_000;
  // Until then the heap grows to its working size, whatever the votes.
  const warmUp = votes / 5;
  const system = await startTwinloop(bench);
  const { worker, apis } = system;
  const api = apis[0];
  if (api === undefined || worker === undefined) throw new Error('an API and a worker are needed');
  try {
    const apiKey = await system.ownerKey('bench');
    await makeTwins(system.database, { tenant: 'bench', prefix: TWIN_PREFIX, count: ROUTE_TWINS });
    const rows: (readonly [string, number, number])[] = [];
    const checks: CountCheck[] = [];
    const post = async (name: string, count: number): Promise<void> => {
      const source = { run: name, apiKey, twinPrefix: TWIN_PREFIX, twins: ROUTE_TWINS };
      const load = await bench.load({
        kind: 'closed',
        urls: system.urls,
        connections: CONNECTIONS,
        count,
        votes: source,
      });
      checks.push(await countInLedger(system.database.sql, name, load));
    };
    const note = async (after: number): Promise<void> => {
      const row = [String(after), await api.residentMemory(), await worker.residentMemory()] as const;
      rows.push(row);
      bench.progress(`after ${after} votes: API ${Math.round(row[1])} MB, worker ${Math.round(row[2])} MB`);
    };
    rows.push(['at rest', await api.residentMemory(), await worker.residentMemory()]);
    await post('memory-warm', warmUp);
    await note(warmUp);
    for (let part = 1; part <= PARTS; part += 1) {
      await post(`memory-${part}`, votes / PARTS);
      await note(warmUp + (votes * part) / PARTS);
    }
    const [, warm] = rows;
    const last = rows.at(-1);
    if (warm === undefined || last === undefined) throw new Error('nothing was measured');
    return {
      tables: [{ title: 'Resident memory in MB', columns: ['votes', 'API', 'worker'], rows }],
      targets: [
        {
          name: `API's growth over ${votes} votes`,
          measured: last[1] - warm[1],
          bound: 'at most',
          target: LIMIT_MB,
          unit: 'MB',
        },
        {
          name: `worker's growth over ${votes} votes`,
          measured: last[2] - warm[2],
          bound: 'at most',
          target: LIMIT_MB,
          unit: 'MB',
        },
      ],
      checks,
    };
  } finally {
    await system.stop();
  }
}

export const memory: Experiment = {
  name: 'memory',
  question: 'Does memory grow with the votes?',
  run,
};
