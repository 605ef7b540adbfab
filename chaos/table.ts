import Table from 'cli-table3';
import { quantile } from '../bench/throughput/statistics.ts';
import type { Row } from './run-fault.ts';

const COLUMNS = [
  'fault',
  'struck',
  'votes',
  'without 202',
  'jobs',
  'versions',
  'repairs',
  'fenced',
  'votes again, s',
  'jobs again, s',
  'p99 away, s',
  's',
  '',
];

/** `p50 / max`, in seconds. */
function figures(times: readonly number[]): string {
  if (times.length === 0) return '';
  const sorted = [...times].sort((a, b) => a - b);
  return [quantile(sorted, 0.5), sorted.at(-1) ?? Number.NaN].map((ms) => (ms / 1_000).toFixed(1)).join(' / ');
}

/** The table of a run: a line for each fault, times as median and longest. */
export function render(rows: readonly Row[]): string {
  const table = new Table({ head: COLUMNS, style: { head: [], border: [] } });
  for (const row of rows) {
    table.push([
      row.fault,
      row.fired,
      row.votes,
      Object.entries(row.failures)
        .map(([name, count]) => `${name} ${count}`)
        .join('\n'),
      row.jobs,
      row.versions,
      row.repairs,
      row.fenced,
      figures(row.recoveries.vote),
      figures(row.recoveries.job),
      Number.isNaN(row.awayP99) ? '' : (row.awayP99 / 1_000).toFixed(2),
      row.seconds,
      row.problems.length === 0 ? 'holds' : 'FAILED',
    ]);
  }
  const notes = rows.flatMap(({ fault, notes: lines }) => lines.map((line) => `${fault}: ${line}`));
  const problems = rows.flatMap(({ fault, problems: found }) => found.map((line) => `FAILED ${fault}: ${line}`));
  return [table.toString(), ...notes, ...problems].join('\n');
}
