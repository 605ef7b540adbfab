import type { Load, LoadResult } from './load/load.ts';
import type { Report } from './report.ts';
import type { Children } from './system/children.ts';
import type { BenchPostgres } from './system/postgres.ts';

export interface BenchOptions {
  /** Rounds of each comparison; the median counts. */
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Small sizes, to try whether it works: its figures mean little. */
  readonly quick: boolean;
  /** Folder for CPU profiles of Twinloop's processes; makes them slower. */
  readonly profiles?: string;
}

/** What every experiment gets. */
export interface Bench extends BenchOptions {
  readonly children: Children;
  readonly postgres: BenchPostgres;
  /** By the load generator's process. */
  load(load: Load): Promise<LoadResult>;
  progress(line: string): void;
}

/** One question; its answer is a table with its targets. */
export interface Experiment {
  readonly name: string;
  readonly question: string;
  run(bench: Bench): Promise<Report>;
}
