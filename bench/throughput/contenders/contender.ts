import type { Bench } from '../bench.ts';
import type { LoadResult } from '../load/load.ts';
import type { CountCheck } from '../report.ts';

/** Twins that the votes of a comparison of routes go to. */
export const ROUTE_TWINS = 100;
export const TWIN_PREFIX = 'twin-';

/** A route that takes votes, up and running. */
export interface RunningContender {
  readonly urls: readonly string[];
  readonly apiKey: string;
  /** Called after the warm-up: resolves when what it set off in the background is done. */
  settle?(): Promise<void>;
  count(run: string, load: LoadResult): Promise<CountCheck>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  start(bench: Bench): Promise<RunningContender>;
}
