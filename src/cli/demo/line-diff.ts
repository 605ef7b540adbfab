/** A row of a comparison: a line on both sides, or on one where the other has nothing like it. */
export interface DiffRow {
  readonly kind: 'same' | 'removed' | 'added' | 'changed';
  readonly left: string | null;
  readonly right: string | null;
}

/** lengths[i][j]: the longest common subsequence of `a` from i on and `b` from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}

/** Lines that go and lines that come at one place stand beside each other. */
function pair(removed: readonly string[], added: readonly string[]): DiffRow[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, i): DiffRow => {
    const left = removed[i] ?? null;
    const right = added[i] ?? null;
    return { kind: left === null ? 'added' : right === null ? 'removed' : 'changed', left, right };
  });
}

/** Compares two texts line by line, by their longest common subsequence. */
export function diffLines(before: string, after: string): DiffRow[] {
  const a = before.split('\n');
  const b = after.split('\n');
  const lengths = commonLengths(a, b);
  const rows: DiffRow[] = [];
  let [removed, added]: [string[], string[]] = [[], []];
  const flush = (): void => {
    rows.push(...pair(removed, added));
    [removed, added] = [[], []];
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      flush();
      rows.push({ kind: 'same', left: a[i]!, right: b[j]! });
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      removed.push(a[i]!);
      i += 1;
    } else {
      added.push(b[j]!);
      j += 1;
    }
  }
  flush();
  return rows;
}
