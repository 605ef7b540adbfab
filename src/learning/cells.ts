import type { Design } from './design.ts';
import type { Ledger } from './ledger.ts';

/** Weighted votes of each cell, and the thumbs up among them. */
export interface CellCounts {
  readonly n: Float64Array;
  readonly y: Float64Array;
}

/** Sums the votes' weights into the cells of `design`, in the ledger's order. */
export function countCells(design: Design, ledger: Ledger, weights: Float64Array): CellCounts {
  const n = new Float64Array(design.cells);
  const y = new Float64Array(design.cells);
  for (let vote = 0; vote < weights.length; vote++) {
    const up = ledger.votes[vote]!.score === 1;
    for (let piece = design.pieces[vote]!; piece < design.pieces[vote + 1]!; piece++) {
      const weight = weights[vote]! * design.pieceShare[piece]!;
      const cell = design.pieceCell[piece]!;
      n[cell]! += weight;
      if (up) y[cell]! += weight;
    }
  }
  return { n, y };
}
