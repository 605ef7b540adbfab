import { countCells } from './cells.ts';
import type { CellCounts } from './cells.ts';
import type { Design } from './design.ts';
import type { Ledger } from './ledger.ts';
import { halfLifeDeciders, voteWeights } from './weights.ts';

/** What the votes of a ledger weigh, and what they add up to. */
export interface Weighed {
  readonly weights: Float64Array;
  readonly counts: CellCounts;
}

/** The indexes of `keys` by key, in their order: those of key k are members[first[k]] to members[first[k + 1] - 1]. */
function groupBy(keys: Int32Array, size: number): { first: Int32Array; members: Int32Array } {
  const first = new Int32Array(size + 1);
  for (const key of keys) first[key + 1]!++;
  for (let key = 0; key < size; key++) first[key + 1]! += first[key]!;
  const next = first.slice();
  const members = new Int32Array(keys.length);
  keys.forEach((key, index) => (members[next[key]!++] = index));
  return { first, members };
}

/** All votes weighed and counted as if rater `rater` had never cast theirs. */
export function weighWithout(design: Design, ledger: Ledger, rater: number): Weighed {
  const weights = voteWeights(ledger, rater);
  return { weights, counts: countCells(design, ledger, weights) };
}

/**
 * `weighWithout` for many raters of one ledger, bit for bit: only cells that a rater voted in are added up again. One who
 * decides a twin's half-life reweighs everybody.
 */
export function weighingsWithout(design: Design, ledger: Ledger, all: Weighed): (rater: number) => Weighed {
  const deciders = halfLifeDeciders(ledger);
  const votesOf = groupBy(ledger.rater, ledger.raters);
  const piecesOf = groupBy(design.pieceCell, design.cells);
  const voteOf = new Int32Array(design.pieceCell.length);
  for (let vote = 0; vote < ledger.votes.length; vote++)
    voteOf.fill(vote, design.pieces[vote], design.pieces[vote + 1]);

  return (rater) => {
    if (deciders.has(rater)) return weighWithout(design, ledger, rater);
    const weights = all.weights.slice();
    const n = all.counts.n.slice();
    const y = all.counts.y.slice();
    const votes = votesOf.members.subarray(votesOf.first[rater], votesOf.first[rater + 1]);
    const cells = new Set<number>();
    for (const vote of votes) {
      weights[vote] = 0;
      for (let piece = design.pieces[vote]!; piece < design.pieces[vote + 1]!; piece++) {
        cells.add(design.pieceCell[piece]!);
      }
    }
    for (const cell of cells) {
      n[cell] = 0;
      y[cell] = 0;
      for (let i = piecesOf.first[cell]!; i < piecesOf.first[cell + 1]!; i++) {
        const piece = piecesOf.members[i]!;
        const vote = voteOf[piece]!;
        const weight = weights[vote]! * design.pieceShare[piece]!;
        n[cell]! += weight;
        if (ledger.votes[vote]!.score === 1) y[cell]! += weight;
      }
    }
    return { weights, counts: { n, y } };
  };
}
