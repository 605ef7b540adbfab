import Table from 'cli-table3';

type Cell = string | number;

interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A figure that the design promises, beside what was measured. */
export interface Target {
  readonly name: string;
  readonly measured: number;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
  readonly unit?: string;
}

/** What must be true whatever the machine: a vote that was accepted is stored once. */
export interface CountCheck {
  readonly name: string;
  readonly accepted: number;
  /** Stored under the ids of the accepted votes. */
  readonly stored: number;
  /** Stored twice. */
  readonly doubled: number;
}

export interface Report {
  readonly tables: readonly ReportTable[];
  readonly targets: readonly Target[];
  readonly checks: readonly CountCheck[];
  /** What each round gave, for the JSON. */
  readonly rounds?: readonly object[];
}

export const isMet = ({ measured, bound, target }: Target): boolean =>
  bound === 'at least' ? measured >= target : measured <= target;

export const holds = ({ accepted, stored, doubled }: CountCheck): boolean => stored === accepted && doubled === 0;

/** A figure with three significant digits at least, and no more decimals than it needs. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1_000) return String(Math.round(value / 10) * 10);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

const show = (cell: Cell): string => (typeof cell === 'number' ? figure(cell) : cell);

/** The report as text: its tables, its targets, and what became of the votes. */
export function render({ tables, targets, checks }: Report): string {
  const parts = tables.map(({ title, columns, rows }) => `${title}\n${grid(columns, rows)}`);
  if (targets.length > 0) {
    const rows = targets.map((target) => [
      target.name,
      `${figure(target.measured)}${unitOf(target)}`,
      `${target.bound} ${figure(target.target)}${unitOf(target)}`,
      isMet(target) ? 'met' : 'missed',
    ]);
    parts.push(grid(['target', 'measured', 'wanted', ''], rows));
  }
  if (checks.length > 0) {
    const broken = checks.filter((check) => !holds(check));
    const accepted = checks.reduce((sum, check) => sum + check.accepted, 0);
    parts.push(
      broken.length === 0
        ? `Accepted votes: ${accepted}, each stored once (${checks.length} counts).`
        : broken
            .map(
              (c) => `VOTES LOST OR DOUBLED: ${c.name}: ${c.accepted} accepted, ${c.stored} stored, ${c.doubled} twice`,
            )
            .join('\n'),
    );
  }
  return parts.join('\n\n');
}

const unitOf = ({ unit }: Target): string => (unit === undefined ? '' : ` ${unit}`);

function grid(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map(show));
  return table.toString();
}
