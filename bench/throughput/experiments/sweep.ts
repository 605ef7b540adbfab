import type { Bench, Experiment } from '../bench.ts';
import { findSweepCandidates } from '../../../src/db/sweep.ts';
import type { OpenDatabase } from '../../../src/db/client.ts';
import { post } from '../load/post.ts';
import type { Report } from '../report.ts';
import { spread, type Spread } from '../statistics.ts';
import { startTwinloop } from '../system/twinloop.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
const DUE = 1_000;
const MIN_EVENTS = 5;
const TENANT = 'bench';

/**
 * Makes the twins `from` to `to - 1` by SQL; the first thousand are due. Of the others every second has votes, too few
 * to learn from. They have no persona rows: a sweep reads none.
 */
async function seed({ sql }: OpenDatabase, from: number, to: number): Promise<void> {
  await sql`insert into twins (id, tenant_id, name) select 'twin-' || n, ${TENANT}, 'Mara' from generate_series(${from}::int, ${to - 1}::int) n`;
  await sql`
    insert into twin_state (twin_id, tenant_id, active_version, pending_events, last_seq, oldest_pending_at)
    select 'twin-' || n, ${TENANT}, '1.0.0', votes, votes,
      case when votes > 0 then clock_timestamp() - n * interval '1 millisecond' end
    from generate_series(${from}::int, ${to - 1}::int) n,
      lateral (select case when n < ${DUE} then ${MIN_EVENTS} when n % 2 = 0 then ${MIN_EVENTS - 1} else 0 end as votes) v`;
  // As autovacuum does within a minute of such an import.
  await sql`vacuum analyze twins, twin_state`;
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function run(bench: Bench): Promise<Report> {
  // Without a worker nobody learns, so that the same twins stay due.
  const system = await startTwinloop(bench, { worker: false });
  try {
    const apiKey = await system.ownerKey(TENANT);
    const sweepOnce = async (): Promise<void> => {
      const body = { min_events: MIN_EVENTS, limit_twins: DUE };
      const summary = await post(`${system.urls[0]}/sweeps`, apiKey, body);
      const { jobs_enqueued } = summary as { jobs_enqueued: number };
      if (jobs_enqueued !== DUE) throw new Error(`the sweep woke ${jobs_enqueued} twins of ${DUE}`);
    };
    const find = async (): Promise<void> => {
      const query = { minEvents: MIN_EVENTS, defaultMinEvents: MIN_EVENTS, limit: DUE, tenantId: TENANT };
      await findSweepCandidates(system.database.db, query);
    };
    const sweeps = new Map<number, Spread>();
    const finds = new Map<number, Spread>();
    let made = 0;
    for (const size of SIZES) {
      await seed(system.database, made, size);
      made = size;
      // The first sweep starts the workflows; those that follow find them there.
      if (size === SIZES[0]) await sweepOnce();
      const times: number[] = [];
      const queries: number[] = [];
      for (let round = 1; round <= bench.rounds; round += 1) {
        queries.push(await milliseconds(find));
        times.push(await milliseconds(sweepOnce));
      }
      sweeps.set(size, spread(times));
      finds.set(size, spread(queries));
      bench.progress(`${size} twins: ${Math.round(spread(times).median)} ms`);
    }
    const median = (of: Map<number, Spread>, size: number): number => of.get(size)?.median ?? Number.NaN;
    return {
      tables: [
        {
          title: `Milliseconds of a sweep that wakes ${DUE} twins; median of ${bench.rounds}`,
          columns: ['twins', 'whole sweep', 'finding the due alone'],
          rows: SIZES.map((size) => [String(size), median(sweeps, size), median(finds, size)]),
        },
      ],
      targets: [
        {
          name: 'a sweep over 100,000 twins, times one over 1,000',
          measured: median(sweeps, 100_000) / median(sweeps, 1_000),
          bound: 'at most',
          target: 2,
        },
      ],
      checks: [],
    };
  } finally {
    await system.stop();
  }
}

export const sweep: Experiment = {
  name: 'sweep',
  question: 'Does a sweep take longer the more twins there are?',
  run,
};
