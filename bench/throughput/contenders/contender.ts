import type { Bench } from '../bench.ts';
import type { ClosedLoad, LoadResult, OpenLoad } from '../load/load.ts';
import type { CountCheck } from '../report.ts';
import type { Child } from '../system/children.ts';

/** Twins that the votes of a comparison of routes go to. */
export const ROUTE_TWINS = 100;
export const TWIN_PREFIX = 'twin-';

/** A route that takes votes, up and running. */
export interface RunningContender {
  /** Besides Postgres, which all share. */
  readonly processes: readonly Child[];
  readonly urls: readonly string[];
  readonly apiKey: string;
  /** Called after the warm-up, whose votes do not count. */
  settle?(): Promise<void>;
  count(run: string, load: LoadResult): Promise<CountCheck>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  start(bench: Bench): Promise<RunningContender>;
}

type Shape = Omit<ClosedLoad, 'urls' | 'votes'> | Omit<OpenLoad, 'urls' | 'votes'>;

/** Casts votes of the run's name at a contender's twins. */
export function cast(
  bench: Bench,
  { urls, apiKey }: Pick<RunningContender, 'urls' | 'apiKey'>,
  run: string,
  shape: Shape,
  twins: number = ROUTE_TWINS,
): Promise<LoadResult> {
  return bench.load({ ...shape, urls, votes: { run, apiKey, twinPrefix: TWIN_PREFIX, twins } });
}

/** The least time in which a server's code is warm and the twins of a comparison have begun. */
export const warmUpSeconds = ({ seconds }: Bench): number => Math.max(1, seconds / 3);

/** A contender's name as part of a run's. */
export const slug = (name: string): string => name.replaceAll(/[^a-z0-9]+/gi, '-');

/** What went wrong with a load, for the progress line; empty when nothing did. */
export const refusals = ({ refused }: LoadResult): string =>
  Object.keys(refused).length === 0 ? '' : `, without a 202: ${JSON.stringify(refused)}`;
