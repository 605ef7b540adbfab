import { backwardInPlace, choleskyInPlace, dotOf, forwardInPlace } from './cholesky.ts';
import type { Design, TwinBlock } from './design.ts';

/**
 * Factor of the Hessian. Given the pooled effects the twins are independent, so the Hessian is an arrow: a block a twin
 * and a border. With K = X'WX of a twin and D its prior precision, the block is K + D and its border is K; the pooled
 * effects keep the Schur complement. Cost: the sum of the cubes of the blocks instead of the cube of their sum.
 */
export interface ArrowFactor {
  readonly blocks: readonly { readonly l: Float64Array; readonly border: Float64Array }[];
  readonly schur: Float64Array;
}

/** Room for what is needed of one block at a time; large arrays cost more to get than to fill. */
interface Scratch {
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly rest: Float64Array;
}

/** k := K, the sum over the block's cells of curvature x x'; the lower triangle. */
function curvatureMatrix(block: TwinBlock, curvature: Float64Array, k: Float64Array): void {
  const m = block.names.length;
  k.fill(0, 0, m * m);
  for (let cell = 0; cell < block.cells; cell++) {
    const weight = curvature[block.firstCell + cell]!;
    if (weight === 0) continue;
    const from = block.offsets[cell]!;
    const to = block.offsets[cell + 1]!;
    for (let i = from; i < to; i++) {
      const row = block.features[i]! * m;
      for (let j = from; j <= i; j++) k[row + block.features[j]!]! += weight;
    }
  }
}

/** v := V = (L^-1 D)' for the factor L of a block's own effects and their prior precision D; the upper triangle. */
function scaledInverse(l: Float64Array, n: number, precision: Float64Array, v: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    v[row + i] = precision[i]! / l[row + i]!;
    for (let k = i + 1; k < n; k++) v[row + k] = -dotOf(l, k * n + i, v, row + i, k - i) / l[k * n + k]!;
  }
}

/**
 * rest := what the block's own effects leave of K for the pooled ones: K - K (K + D)^-1 K, which for columns with a deviation
 * is D - VV', in a third of the time. The lower triangle; `border` is L^-1 K.
 */
function unexplained(
  m: number,
  n: number,
  { k, v, rest }: Scratch,
  border: Float64Array,
  precision: Float64Array,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) rest[i * m + j] = -dotOf(v, i * n + i, v, j * n + i, n - i);
    rest[i * m + i]! += precision[i]!;
  }
  for (let i = n; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = k[i * m + j]!;
      for (let r = 0; r < n; r++) sum -= border[r * m + i]! * border[r * m + j]!;
      rest[i * m + j] = sum;
    }
  }
}

/** l and border := factor of one block; adds what it leaves of K for its pooled columns to `schur`. */
function factorBlock(
  design: Design,
  block: TwinBlock,
  curvature: Float64Array,
  scratch: Scratch,
  { l, border }: ArrowFactor['blocks'][number],
  schur: Float64Array,
): void {
  const m = block.names.length;
  const n = block.own;
  const { k, v, rest } = scratch;
  const precision = design.precision.subarray(block.start, block.start + n);
  curvatureMatrix(block, curvature, k);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) l[i * n + j] = k[i * m + j]!;
    l[i * n + i]! += precision[i]!;
  }
  choleskyInPlace(l, n);
  scaledInverse(l, n, precision, v);
  // L^-1 K = L' - V' where K is the block less D; the judge's column, which has no D, is solved for.
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) border[i * m + j] = -v[j * n + i]!;
    for (let j = i; j < n; j++) border[i * m + j] = l[j * n + i]!;
    border[i * m + i]! -= v[i * n + i]!;
  }
  for (let c = n; c < m; c++) {
    const column = k.slice(c * m, c * m + n);
    forwardInPlace(l, n, column);
    for (let i = 0; i < n; i++) border[i * m + c] = column[i]!;
  }
  unexplained(m, n, scratch, border, precision);
  // Both orders of columns are by name, so the lower triangle stays the lower triangle.
  for (let i = 0; i < m; i++) {
    const row = block.pooled[i]! * design.pooled;
    for (let j = 0; j <= i; j++) schur[row + block.pooled[j]!]! += rest[i * m + j]!;
  }
}

/** Arrays for the factor of such a Hessian. */
function emptyFactor({ blocks, pooled }: Design): ArrowFactor {
  return {
    blocks: blocks.map(({ own, names }) => ({
      l: new Float64Array(own * own),
      border: new Float64Array(own * names.length),
    })),
    schur: new Float64Array(pooled * pooled),
  };
}

/** Cholesky factor of the Hessian of J, from n p (1 - p) of each cell; in the arrays of `reused`, which is then gone. */
export function factorHessian(design: Design, curvature: Float64Array, reused?: ArrowFactor): ArrowFactor {
  const factor = reused ?? emptyFactor(design);
  const { blocks, schur } = factor;
  const size = design.pooled;
  const widest = design.blocks.reduce((most, { names }) => Math.max(most, names.length), 0);
  const room = () => new Float64Array(widest * widest);
  const scratch: Scratch = { k: room(), v: room(), rest: room() };
  schur.fill(0);
  for (let i = 0; i < size; i++) schur[i * size + i] = design.precision[i]!;
  design.blocks.forEach((block, b) => factorBlock(design, block, curvature, scratch, blocks[b]!, schur));
  choleskyInPlace(schur, size);
  return factor;
}

/** x := L^-1 x for the factor L of the whole Hessian; twins where x is zero cost nothing. */
function forwardSweep(design: Design, factor: ArrowFactor, x: Float64Array): void {
  const pooled = x.subarray(0, design.pooled);
  design.blocks.forEach(({ start, own, pooled: columns }, b) => {
    const { l, border } = factor.blocks[b]!;
    const part = x.subarray(start, start + own);
    if (part.every((value) => value === 0)) return;
    forwardInPlace(l, own, part);
    for (let i = 0; i < own; i++) {
      const value = part[i]!;
      const row = i * columns.length;
      for (let j = 0; j < columns.length; j++) pooled[columns[j]!]! -= border[row + j]! * value;
    }
  });
  forwardInPlace(factor.schur, design.pooled, pooled);
}

/** H^-1 g. */
export function solveHessian(design: Design, factor: ArrowFactor, g: Float64Array): Float64Array {
  const x = Float64Array.from(g);
  forwardSweep(design, factor, x);
  const pooled = x.subarray(0, design.pooled);
  backwardInPlace(factor.schur, design.pooled, pooled);
  design.blocks.forEach(({ start, own, pooled: columns }, b) => {
    const { l, border } = factor.blocks[b]!;
    const part = x.subarray(start, start + own);
    for (let i = 0; i < own; i++) {
      const row = i * columns.length;
      let sum = part[i]!;
      for (let j = 0; j < columns.length; j++) sum -= border[row + j]! * pooled[columns[j]!]!;
      part[i] = sum;
    }
    backwardInPlace(l, own, part);
  });
  return x;
}

/** a' H^-1 a = |L^-1 a|^2. */
export function quadraticForm(design: Design, factor: ArrowFactor, a: Float64Array): number {
  const x = Float64Array.from(a);
  forwardSweep(design, factor, x);
  return x.reduce((sum, value) => sum + value * value, 0);
}
