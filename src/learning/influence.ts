import { sumOf, timesEffects } from './effects.ts';
import { HARM_LIFT } from './estimate.ts';
import type { Lift } from './estimate.ts';
import type { TenantFit } from './fit.ts';
import { sigmoid } from './model.ts';

/** What leaving out a rater does to a module's lift, to first order. */
export interface Influence {
  readonly rater: number;
  readonly shift: number;
  readonly widening: number;
}

/**
 * To first order deleting rater r moves the lift by v . g_r, with v = H^-1 a, a the sum of effects that is the lift, and
 * g_r the gradient of their votes; the variance grows by the curvature that these gave (the infinitesimal jackknife;
 * Giordano et al., AISTATS 2019). One entry a rater of the tenant, in order.
 */
export function influences(fit: TenantFit, effects: readonly number[]): Influence[] {
  const { ledger, design, posterior, weights } = fit;
  const leverage = timesEffects(design, posterior.covariance.times(sumOf(design, effects)));
  const p = posterior.eta.map(sigmoid);
  const shift = new Float64Array(ledger.raters);
  const widening = new Float64Array(ledger.raters);
  for (let vote = 0; vote < weights.length; vote++) {
    const rater = ledger.rater[vote]!;
    const up = ledger.votes[vote]!.score === 1 ? 1 : 0;
    for (let piece = design.pieces[vote]!; piece < design.pieces[vote + 1]!; piece++) {
      const cell = design.pieceCell[piece]!;
      const weight = weights[vote]! * design.pieceShare[piece]!;
      shift[rater]! += weight * (p[cell]! - up) * leverage[cell]!;
      widening[rater]! += weight * p[cell]! * (1 - p[cell]!) * leverage[cell]! ** 2;
    }
  }
  return Array.from(shift, (move, rater) => ({ rater, shift: move, widening: widening[rater]! }));
}

/** (-0.20 - lift) / sd without a rater, `times` their first-order influence: P(harm) is its normal distribution value. */
export const harmScoreWithout = (lift: Lift, { shift, widening }: Influence, times: number): number =>
  (HARM_LIFT - lift.mean - times * shift) / Math.sqrt(lift.sd * lift.sd + times * widening);
