/** A run moves a confidence by this much at most, from the published value. */
const TRUST_REGION = 0.08;
const LOWEST = 0.05;
const HIGHEST = 0.99;
const MIN_CHANGE = 0.02;
/** Confidences are whole millionths. */
const UNIT = 1e6;
/** Absorbs the rounding error of a product by 1e6, so that .7 - .08 is .62. */
const SLACK = 1e-6;

/**
 * The confidence to publish for an estimate, or null when it is less than .02 from the published one: within +-.08 of
 * that and within [.05, .99], a whole number of millionths that is never outside of these bounds.
 */
export function confidenceChange(published: number, estimate: number): number | null {
  const low = Math.ceil(Math.max(LOWEST, published - TRUST_REGION) * UNIT - SLACK);
  const high = Math.floor(Math.min(HIGHEST, published + TRUST_REGION) * UNIT + SLACK);
  const to = Math.min(high, Math.max(low, Math.round(estimate * UNIT)));
  return Math.abs(to - published * UNIT) + SLACK < MIN_CHANGE * UNIT ? null : to / UNIT;
}
