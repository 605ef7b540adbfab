import { seededRandom } from '../../src/cli/demo/random.ts';
import type { LedgerEvent } from '../../src/learning/types.ts';
import { globalMean } from './baselines.ts';
import { heldOutLoss, ours, shuffle } from './random-splits.ts';

/** The votes with those of a tenth of their raters turned round; each vote without a rater is a rater of its own. */
function flipTenth(votes: readonly LedgerEvent[], seed: number): LedgerEvent[] {
  const raterOf = ({ rater_id, vote_key }: LedgerEvent): string => rater_id ?? vote_key;
  const raters = [...new Set(votes.map(raterOf))].sort();
  const flipped = new Set(shuffle(raters, seededRandom(1_000 + seed)).slice(0, Math.round(raters.length / 10)));
  return votes.map((vote) =>
    flipped.has(raterOf(vote)) ? { ...vote, score: vote.score === 1 ? (-1 as const) : (1 as const) } : vote,
  );
}

/**
 * Held-out log loss of our learner, and with a tenth of the raters it learns from turned round. What that costs the
 * global mean is the share of it that nobody can help: where most votes are up, it moves the mean itself.
 */
export function flippedRaters(votes: readonly LedgerEvent[], n: number, splits = 50) {
  const honest = heldOutLoss(votes, n, { ours, globalMean }, { splits });
  const flipped = heldOutLoss(votes, n, { ours, globalMean }, { splits, spoil: flipTenth });
  return {
    honest: honest.ours,
    flipped: flipped.ours,
    cost: flipped.ours - honest.ours,
    global_mean_cost: flipped.globalMean - honest.globalMean,
  };
}
