import jstat from 'jstat';

/** P(X <= x) of a standard normal. */
export const normalCdf = (x: number): number => jstat.normal.cdf(x, 0, 1);

/** The x with P(X <= x) = p of a standard normal; p strictly between 0 and 1. */
export const normalQuantile = (p: number): number => jstat.normal.inv(p, 0, 1);

/** A Beta(a, b) distribution; a and b are positive and need not be whole. */
export interface Beta {
  readonly a: number;
  readonly b: number;
}

/** The x with P(X <= x) = p of a Beta(a, b). */
export const betaQuantile = (p: number, { a, b }: Beta): number => jstat.beta.inv(p, a, b);

/** Posterior of a rate after `hits` of `total`, from the uniform prior Beta(1, 1). */
export const betaPosterior = (hits: number, total: number): Beta => ({ a: 1 + hits, b: 1 + total - hits });

/**
 * One-sided exact upper bound of a rate after `hits` of `total` (Clopper and Pearson, Biometrika 1934).
 * `confidence` such as .95; 1 when every one hit. Throws RangeError unless 0 <= hits <= total and total > 0.
 */
export function clopperPearsonUpper(hits: number, total: number, confidence: number): number {
  if (!(total > 0 && hits >= 0 && hits <= total)) {
    throw new RangeError(`${hits} of ${total} is not a rate: 0 <= hits <= total and total > 0 are needed`);
  }
  return hits === total ? 1 : betaQuantile(confidence, { a: hits + 1, b: total - hits });
}

/** Standard deviation of logit X: sqrt(trigamma(a) + trigamma(b)), each by the bound 1/x + 1/x^2. */
const logitSpread = ({ a, b }: Beta): number => Math.sqrt(1 / a + 1 / (a * a) + 1 / b + 1 / (b * b));

/**
 * P(X > Y) for independent X and Y. With `betaPosterior` of two rates of dislike: the probability that the first group
 * is worse. The trapezoid rule on the logit scale, where the integrand is smooth and vanishes at both ends, so that the
 * error falls exponentially (Trefethen and Weideman, SIAM Review 2014).
 */
export function probabilityWorse(x: Beta, y: Beta): number {
  // The narrower density is the one to integrate over: the other's distribution function is then smooth on its grid.
  if (logitSpread(x) > logitSpread(y)) return 1 - probabilityWorse(y, x);
  const centre = Math.log(x.a / x.b);
  const reach = 9 * Math.sqrt(1 / x.a + 1 / x.b);
  const from = centre - reach - 37 / x.a;
  const to = centre + reach + 37 / x.b;
  const steps = Math.ceil((to - from) / (Math.min(1, Math.sqrt(1 / x.a + 1 / x.b)) / 5));
  const logBeta = jstat.gammaln(x.a) + jstat.gammaln(x.b) - jstat.gammaln(x.a + x.b);
  let sum = 0;
  let mass = 0;
  for (let step = 0; step <= steps; step++) {
    const t = from + ((to - from) * step) / steps;
    const density = Math.exp(-x.a * Math.log1p(Math.exp(-t)) - x.b * Math.log1p(Math.exp(t)) - logBeta);
    mass += density;
    sum += density * jstat.beta.cdf(1 / (1 + Math.exp(-t)), y.a, y.b);
  }
  return sum / mass;
}
