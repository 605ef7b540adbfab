import type { CliIo } from '../support/io.ts';
import { diffLines, type DiffRow } from './line-diff.ts';

/** Unchanged lines shown around a change. */
const CONTEXT = 2;
const LEAST_WIDTH = 24;
const MARKS = { same: [' ', ' '], removed: ['-', ' '], added: [' ', '+'], changed: ['-', '+'] } as const;

/** A line in pieces of at most `width` characters, broken between words where there is one. */
function wrap(text: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > width / 2 ? space : width;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest];
}

/** Rows with only the unchanged lines next to a change; null stands for those left out. */
function folded(rows: readonly DiffRow[]): (DiffRow | null)[] {
  const near = (index: number): boolean =>
    rows.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((row) => row.kind !== 'same');
  return rows.flatMap((row, index): (DiffRow | null)[] => {
    if (near(index)) return [row];
    return index === 0 || near(index - 1) ? [null] : [];
  });
}

/** Two texts beside each other, what differs marked with - and +; long stretches of the same are left out. */
export function sideBySide(
  io: Pick<CliIo, 'colors' | 'columns'>,
  before: { readonly title: string; readonly text: string },
  after: { readonly title: string; readonly text: string },
): string {
  const { red, green, bold, dim } = io.colors;
  const width = Math.max(LEAST_WIDTH, Math.floor((io.columns() - 3) / 2));
  const half = (text: string): string => text.padEnd(width);
  const line = (left: string, right: string): string => `${left} ${dim('|')} ${right}`;
  const column = (text: string | null, mark: string): string[] =>
    text === null ? [] : wrap(text, width - 2).map((piece, index) => `${index === 0 ? mark : ' '} ${piece}`);

  const lines = folded(diffLines(before.text, after.text)).flatMap((row) => {
    if (row === null) return [line(dim(half('  ...')), dim('  ...'))];
    const [leftMark, rightMark] = MARKS[row.kind];
    const left = column(row.left, leftMark);
    const right = column(row.right, rightMark);
    const same = row.kind === 'same';
    return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
      const [l, r] = [half(left[i] ?? ''), right[i] ?? ''];
      return same ? line(l, r) : line(red(l), green(r));
    });
  });
  return [line(bold(half(before.title)), bold(after.title)), ...lines].join('\n');
}
