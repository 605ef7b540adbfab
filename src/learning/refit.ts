import type { CellCounts } from './cells.ts';
import type { Design } from './design.ts';
import { timesCells, timesEffects } from './effects.ts';
import { derivatives, findMode } from './model.ts';
import type { Posterior } from './model.ts';

/** Relative error, in the energy norm, at which a system counts as solved: Newton's next step removes what is left. */
const STEP_ERROR = 1e-3;
/** The same for a variance, whose own relative error is the square of it. */
const VARIANCE_ERROR = 1e-6;
const MAX_ITERATIONS = 500;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a := a + factor b */
function addInPlace(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

/** H v = X' W X v + P v for the curvature W of the cells and the prior precision P. */
function timesHessian(design: Design, curvature: Float64Array, v: Float64Array): Float64Array {
  const cells = timesEffects(design, v);
  for (let cell = 0; cell < cells.length; cell++) cells[cell]! *= curvature[cell]!;
  const out = timesCells(design, cells);
  for (let i = 0; i < out.length; i++) out[i]! += design.precision[i]! * v[i]!;
  return out;
}

/**
 * H^-1 g by conjugate gradients, preconditioned by the inverse Hessian of `near`, a fit of almost the same votes: the
 * two differ in about as many directions as there are cells with other weights, and so many iterations it takes
 * (Golub and Van Loan, Matrix Computations, 11.5).
 */
function solveNear(
  design: Design,
  near: Posterior,
  curvature: Float64Array,
  g: Float64Array,
  error: number,
): Float64Array {
  const x = new Float64Array(g.length);
  const residual = Float64Array.from(g);
  let z = near.covariance.times(residual);
  let direction = z;
  let energy = dot(residual, z);
  const enough = energy * error * error;
  for (let iteration = 0; energy > enough; iteration++) {
    if (iteration === MAX_ITERATIONS) throw new Error(`conjugate gradients did not settle in ${MAX_ITERATIONS} steps`);
    const image = timesHessian(design, curvature, direction);
    const length = energy / dot(direction, image);
    addInPlace(x, length, direction);
    addInPlace(residual, -length, image);
    z = near.covariance.times(residual);
    const next = dot(residual, z);
    const previous = direction;
    const turn = next / energy;
    direction = z.map((value, i) => value + turn * previous[i]!);
    energy = next;
  }
  return x;
}

/**
 * The posterior of counts that differ little from those of `near`, to the same tolerance as a new fit but without a
 * factorisation: what leaving out one rater after the other needs.
 */
export function refitPosterior(design: Design, counts: CellCounts, near: Posterior): Posterior {
  const mode = findMode(design, counts, near.effects, (curvature, g) =>
    solveNear(design, near, curvature, g, STEP_ERROR),
  );
  const { curvature } = derivatives(design, counts, mode.effects, mode.eta);
  const times = (g: Float64Array) => solveNear(design, near, curvature, g, VARIANCE_ERROR);
  return { ...mode, covariance: { times, variance: (a) => dot(a, times(a)) } };
}
