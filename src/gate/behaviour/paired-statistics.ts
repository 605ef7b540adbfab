import jstat from 'jstat';
import { normalQuantile } from '../../learning/statistics.ts';

/** How paired prompts came out for the candidate. Ties are not counted in; `pairs` holds them. */
export interface PairedCounts {
  readonly wins: number;
  readonly losses: number;
  readonly pairs: number;
}

/**
 * One-sided p value of McNemar's exact test (Psychometrika 1947) that the candidate is worse: the chance of so many
 * losses or more among the decided pairs when either side wins as often. 1 without a loss.
 */
export function mcnemarWorse({ wins, losses }: PairedCounts): number {
  return losses === 0 ? 1 : jstat.beta.cdf(0.5, losses, wins + 1);
}

/**
 * Tango's score statistic (Statistics in Medicine 1998) of P(win) - P(loss) = `difference`, with the variance under that
 * difference: P(loss) is its maximum likelihood estimate, the root of a quadratic.
 */
function tangoScore({ wins, losses, pairs }: PairedCounts, difference: number): number {
  const a = 2 * pairs;
  const b = (2 * pairs - wins + losses) * difference - wins - losses;
  const c = -losses * difference * (1 - difference);
  const lossRate = (Math.sqrt(b * b - 4 * a * c) - b) / (2 * a);
  return (wins - losses - pairs * difference) / Math.sqrt(pairs * (2 * lossRate + difference * (1 - difference)));
}

/**
 * One-sided lower bound of P(win) - P(loss) over all pairs, from -1 to 1: the least difference that Tango's score test
 * does not reject. `confidence` such as .95. Throws RangeError unless wins and losses are at least 0 and together at
 * most `pairs`, which is at least 1.
 */
export function differenceBound(counts: PairedCounts, confidence: number): number {
  const { wins, losses, pairs } = counts;
  if (!(pairs > 0 && wins >= 0 && losses >= 0 && wins + losses <= pairs)) {
    throw new RangeError(`${wins} wins and ${losses} losses in ${pairs} pairs cannot be`);
  }
  const z = normalQuantile(confidence);
  let low = -1;
  let high = (wins - losses) / pairs;
  // The score falls as the difference grows; 50 halvings leave less than 1e-14.
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (tangoScore(counts, middle) > z) low = middle;
    else high = middle;
  }
  return low;
}
