import Table from 'cli-table3';
import type { CheckResult, GateReport } from '../../gate/types.ts';
import type { CliIo } from './io.ts';

/** Borders, padding, and the two narrow columns. */
const OTHER_COLUMNS = 36;
const LEAST_WIDTH = 30;

/** The gate report for people: a row a check, then the verdict. */
export function gateTable(
  io: Pick<CliIo, 'colors' | 'columns'>,
  report: Pick<GateReport, 'verdict' | 'checks'>,
): string {
  const paint = { pass: io.colors.green, fail: io.colors.red, inconclusive: io.colors.yellow, skipped: io.colors.dim };
  const status = (of: CheckResult['status']): string => paint[of](of);
  const table = new Table({
    head: ['check', 'status', 'why'],
    colWidths: [null, null, Math.max(LEAST_WIDTH, io.columns() - OTHER_COLUMNS)],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  table.push(...report.checks.map((check) => [check.name, status(check.status), check.detail]));
  return `${table.toString()}\nverdict: ${status(report.verdict)}`;
}
