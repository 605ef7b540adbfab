import { compareText } from './canonical.ts';
import { answerVariants, JUDGE, precisionOf } from './columns.ts';
import type { Ledger } from './ledger.ts';
import type { Priors } from './priors.ts';
import type { ModuleTexts } from './texts.ts';

/**
 * One twin's part of the model. A column is what its answers have (intercept, intent, module, judge); its coefficient in
 * this twin is the tenant's pooled effect plus, for the first `own` columns, the twin's deviation from it.
 */
export interface TwinBlock {
  readonly twin: string;
  readonly column: ReadonlyMap<string, number>;
  readonly names: readonly string[];
  /** Index of each column's pooled effect. */
  readonly pooled: Int32Array;
  /** Columns with a deviation: all but the judge's, which is the last. */
  readonly own: number;
  /** Index of the first column's deviation among all effects; those of the other columns follow. */
  readonly start: number;
  /** Index of the block's first cell among the tenant's. */
  readonly firstCell: number;
  readonly cells: number;
  /** Columns of cell c of the block: features[offsets[c]] to features[offsets[c + 1] - 1]. */
  readonly offsets: Int32Array;
  readonly features: Int32Array;
}

/**
 * The structure of the model for one ledger; weights are not in it, so leaving a rater out keeps it. A vector of effects
 * holds the pooled ones first, by sorted column name, then each twin's deviations.
 */
export interface Design {
  /** Index of each column's pooled effect, and how many there are. */
  readonly column: ReadonlyMap<string, number>;
  readonly pooled: number;
  /** Normal priors of all effects: mean and 1 / sd^2. */
  readonly mean: Float64Array;
  readonly precision: Float64Array;
  readonly blocks: readonly TwinBlock[];
  readonly cells: number;
  /** Vote v is in cell pieceCell[p] with the share pieceShare[p], for p from pieces[v] to pieces[v + 1] - 1. */
  readonly pieces: Int32Array;
  readonly pieceCell: Int32Array;
  readonly pieceShare: Float64Array;
}

const indexOf = (names: readonly string[]): Map<string, number> => new Map(names.map((name, index) => [name, index]));

interface Pieces {
  readonly first: number[];
  readonly cell: number[];
  readonly share: number[];
}

/** Adds one twin's votes to `pieces` and gives its block, without what needs to know all twins. */
function buildBlock(ledger: Ledger, t: number, texts: ModuleTexts, firstCell: number, pieces: Pieces) {
  const twin = ledger.twins[t]!;
  const votes = ledger.votes.slice(ledger.first[t], ledger.first[t + 1]);
  const variants = votes.map((vote) => answerVariants(vote, texts));
  const seen = new Set<string>();
  for (const list of variants) for (const { columns } of list) for (const name of columns) seen.add(name);
  const names = [...seen].sort(compareText);
  const column = indexOf(names);
  const keys = new Map<string, number[]>();
  const keyed = variants.map((list) =>
    list.map((variant) => {
      const columns = variant.columns.map((name) => column.get(name)!).sort((a, b) => a - b);
      const key = columns.join(',');
      keys.set(key, columns);
      return { key, share: variant.share };
    }),
  );
  const cellKeys = [...keys.keys()].sort(compareText);
  const cell = indexOf(cellKeys);
  for (const list of keyed) {
    pieces.first.push(pieces.cell.length);
    for (const { key, share } of list) {
      pieces.cell.push(firstCell + cell.get(key)!);
      pieces.share.push(share);
    }
  }
  const offsets = [0];
  const features: number[] = [];
  for (const key of cellKeys) {
    features.push(...keys.get(key)!);
    offsets.push(features.length);
  }
  return {
    twin,
    column,
    names,
    own: names.at(-1) === JUDGE ? names.length - 1 : names.length,
    firstCell,
    cells: cellKeys.length,
    offsets: Int32Array.from(offsets),
    features: Int32Array.from(features),
  };
}

/** Cells (distinct twin, intent, module set, source) and columns of the votes of `ledger`, sorted. */
export function buildDesign(ledger: Ledger, texts: ModuleTexts, priors: Priors): Design {
  const pieces: Pieces = { first: [], cell: [], share: [] };
  let cells = 0;
  const parts = ledger.twins.map((_, t) => {
    const part = buildBlock(ledger, t, texts, cells, pieces);
    cells += part.cells;
    return part;
  });
  pieces.first.push(pieces.cell.length);
  const names = [...new Set(parts.flatMap((part) => part.names))].sort(compareText);
  const column = indexOf(names);
  let start = names.length;
  const blocks = parts.map((part): TwinBlock => {
    const block = { ...part, start, pooled: Int32Array.from(part.names, (name) => column.get(name)!) };
    start += part.own;
    return block;
  });
  const own = blocks.flatMap((block) => block.names.slice(0, block.own).map((name) => precisionOf(name, priors).twin));
  const prior = names.map((name) => precisionOf(name, priors));
  const mean = new Float64Array(start);
  prior.forEach((of, i) => (mean[i] = of.mean));
  return {
    column,
    pooled: names.length,
    mean,
    precision: Float64Array.from([...prior.map((of) => of.pooled), ...own]),
    blocks,
    cells,
    pieces: Int32Array.from(pieces.first),
    pieceCell: Int32Array.from(pieces.cell),
    pieceShare: Float64Array.from(pieces.share),
  };
}
