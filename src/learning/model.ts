import { factorHessian, quadraticForm, solveHessian, type ArrowFactor } from './arrow.ts';
import type { CellCounts } from './cells.ts';
import type { Design } from './design.ts';
import { timesCells, timesEffects } from './effects.ts';

const STEP_TOLERANCE = 1e-9;
const MAX_STEPS = 100;
/** Relative rounding error of J: a smaller rise is none. */
const OBJECTIVE_NOISE = 1e-12;

/** The inverse Hessian of J at the mode: Laplace's covariance of the effects. */
interface Covariance {
  /** H^-1 g */
  times(g: Float64Array): Float64Array;
  /** a' H^-1 a: the variance of a sum of effects, a = 1 at each of them. */
  variance(a: Float64Array): number;
}

/** Mode and covariance of the effects, and the linear predictor of each cell at the mode. */
export interface Posterior {
  readonly effects: Float64Array;
  readonly eta: Float64Array;
  readonly covariance: Covariance;
}

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** log(1 + e^z) without overflow. */
const softplus = (z: number): number => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));

/** J, the negative log posterior, at some effects. */
function objectiveAt(design: Design, { n, y }: CellCounts, effects: Float64Array, eta: Float64Array): number {
  let sum = 0;
  for (let cell = 0; cell < eta.length; cell++) sum += n[cell]! * softplus(eta[cell]!) - y[cell]! * eta[cell]!;
  for (let i = 0; i < effects.length; i++) sum += 0.5 * design.precision[i]! * (effects[i]! - design.mean[i]!) ** 2;
  return sum;
}

/** Gradient of J, and the curvature n p (1 - p) of each cell. */
export function derivatives(design: Design, { n, y }: CellCounts, effects: Float64Array, eta: Float64Array) {
  const error = new Float64Array(eta.length);
  const curvature = new Float64Array(eta.length);
  for (let cell = 0; cell < eta.length; cell++) {
    const p = sigmoid(eta[cell]!);
    error[cell] = n[cell]! * p - y[cell]!;
    curvature[cell] = n[cell]! * p * (1 - p);
  }
  const gradient = timesCells(design, error);
  for (let i = 0; i < effects.length; i++) gradient[i]! += design.precision[i]! * (effects[i]! - design.mean[i]!);
  return { gradient, curvature };
}

/** Solves H step = gradient at a point of the way, for the curvature of its cells. */
export type StepSolver = (curvature: Float64Array, gradient: Float64Array) => Float64Array;

/**
 * The mode of the posterior by damped Newton steps from `start`, until a step is under 1e-9. J is strictly
 * convex, so the mode is unique. Throws when 100 steps are not enough, which finite times and weights never need.
 */
export function findMode(
  design: Design,
  counts: CellCounts,
  start: Float64Array,
  solve: StepSolver,
): { effects: Float64Array; eta: Float64Array } {
  const at = (effects: Float64Array) => {
    const eta = timesEffects(design, effects);
    return { effects, eta, objective: objectiveAt(design, counts, effects, eta) };
  };
  let here = at(start);
  for (let taken = 0; taken < MAX_STEPS; taken++) {
    const { gradient, curvature } = derivatives(design, counts, here.effects, here.eta);
    const step = solve(curvature, gradient);
    const size = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const ceiling = here.objective + OBJECTIVE_NOISE * (1 + Math.abs(here.objective));
    const from = here.effects;
    const moved = (length: number) => at(from.map((value, i) => value - length * step[i]!));
    here = moved(1);
    for (let length = 0.5; here.objective > ceiling && length * size > STEP_TOLERANCE; length /= 2)
      here = moved(length);
    if (size < STEP_TOLERANCE) return here;
  }
  throw new Error(`the fit did not settle in ${MAX_STEPS} steps; are all times and weights finite numbers?`);
}

/**
 * Hierarchical Bayesian logistic regression: its mode by Newton's method with Cholesky factors, its covariance by
 * Laplace's method (Gelman et al., Bayesian Data Analysis, 3rd ed., 4.1 and 16.4).
 */
export function fitPosterior(design: Design, counts: CellCounts): Posterior {
  let reused: ArrowFactor | undefined;
  const mode = findMode(design, counts, design.mean, (curvature, gradient) => {
    reused = factorHessian(design, curvature, reused);
    return solveHessian(design, reused, gradient);
  });
  const factor = factorHessian(design, derivatives(design, counts, mode.effects, mode.eta).curvature, reused);
  const covariance: Covariance = {
    times: (g) => solveHessian(design, factor, g),
    variance: (a) => quadraticForm(design, factor, a),
  };
  return { ...mode, covariance };
}
