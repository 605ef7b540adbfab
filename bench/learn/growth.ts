import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Size } from './simulate.ts';

const MEASURE = fileURLToPath(new URL('./measure.ts', import.meta.url));

/** Seconds and peak resident memory of one fit and one twin's proposals, with leaving raters out. */
export interface Measured {
  readonly operations: number;
  readonly fit_seconds: number;
  readonly propose_seconds: number;
  readonly peak_mb: number;
}

export interface Growth extends Size, Measured {
  readonly seconds: number;
  /** Of the seconds, to the next smaller size's. */
  readonly ratio: number | null;
}

/** Each size in a process of its own, which has no other's memory. */
function measure(size: Size): Measured {
  const out = execFileSync(process.execPath, ['--import', 'tsx', MEASURE, JSON.stringify(size)], { encoding: 'utf8' });
  return JSON.parse(out) as Measured;
}

/** Grows the votes, and the raters with them, for one twin and for a hundred. */
export function measureGrowth(): Growth[] {
  return [1, 100].flatMap((twins) => {
    let before: number | undefined;
    return [1_000, 10_000, 20_000, 100_000].map((votes): Growth => {
      const size = { votes, raters: votes / 10, modules: 90, twins };
      const measured = measure(size);
      const seconds = measured.fit_seconds + measured.propose_seconds;
      const ratio = before === undefined ? null : seconds / before;
      before = seconds;
      return { ...size, ...measured, seconds, ratio };
    });
  });
}
