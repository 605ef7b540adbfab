import { freePort } from '../../../src/dev/ports.ts';
import { apiIsReady } from '../../../src/dev/readiness.ts';
import type postgres from 'postgres';
import { childEnvironment } from '../../../src/config.ts';
import type { Bench } from '../bench.ts';
import type { Child } from '../system/children.ts';
import { withConnection } from '../system/postgres.ts';
import { untilReady } from '../system/twinloop.ts';
import type { Contender } from './contender.ts';

export interface SqlBaseline {
  readonly name: string;
  /** Its file in `baselines`, without the ending. */
  readonly entry: string;
  readonly prepare?: (sql: postgres.Sql) => Promise<unknown>;
  /** Rows and different event ids of the votes of a run. */
  readonly count: (sql: postgres.Sql, run: string) => Promise<readonly { rows: number; events: number }[]>;
}

/** Starts a program of `baselines` as a process of its own. */
export function startBaselineProcess(bench: Bench, entry: string, args: readonly string[]): Child {
  return bench.children.start(entry, {
    command: process.execPath,
    args: ['--import', 'tsx', `bench/throughput/baselines/${entry}.ts`, ...args],
    env: childEnvironment({ NODE_ENV: 'production' }),
  });
}

/** A baseline that keeps its votes in a database of its own on the same Postgres. */
export function sqlBaseline({ name, entry, prepare, count }: SqlBaseline): Contender {
  return {
    name,
    async start(bench) {
      const databaseUrl = await bench.postgres.createDatabase(name);
      if (prepare !== undefined) await withConnection(databaseUrl, prepare);
      const port = await freePort();
      const child = startBaselineProcess(bench, entry, [`--port=${port}`, `--database-url=${databaseUrl}`]);
      const url = `http://127.0.0.1:${port}`;
      await untilReady(child, () => apiIsReady(url));
      return {
        processes: [child],
        urls: [url],
        apiKey: 'none',
        async count(run, { accepted, refusedVotes }) {
          if (refusedVotes.length > 0) throw new Error(`${name} did not take ${refusedVotes.length} votes of ${run}`);
          const [row] = await withConnection(databaseUrl, (sql) => count(sql, run));
          const { rows = 0, events = 0 } = row ?? {};
          return { name: run, accepted, stored: events, doubled: rows - events };
        },
        stop: () => child.stop(),
      };
    },
  };
}
