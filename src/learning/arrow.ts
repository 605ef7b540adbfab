import { backwardInPlace, choleskyInPlace, forwardColumnsInPlace, forwardInPlace } from './cholesky.ts';
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

/** K = sum over the block's cells of curvature x x'; the lower triangle. */
function curvatureMatrix(block: TwinBlock, curvature: Float64Array): Float64Array {
  const m = block.names.length;
  const k = new Float64Array(m * m);
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
  return k;
}

/** Factor of one block; adds K of its pooled columns, less what the block explains, to `schur`. */
function factorBlock(block: TwinBlock, k: Float64Array, precision: Float64Array, schur: Float64Array, size: number) {
  const m = block.names.length;
  const n = block.own;
  const l = new Float64Array(n * n);
  const border = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) border[i * m + j] = j <= i ? k[i * m + j]! : k[j * m + i]!;
    for (let j = 0; j <= i; j++) l[i * n + j] = k[i * m + j]!;
    l[i * n + i]! += precision[block.start + i]!;
  }
  choleskyInPlace(l, n);
  forwardColumnsInPlace(l, n, border, m);
  for (let r = 0; r < n; r++) {
    for (let i = 0; i < m; i++) {
      const factor = border[r * m + i]!;
      if (factor === 0) continue;
      for (let j = 0; j <= i; j++) k[i * m + j]! -= factor * border[r * m + j]!;
    }
  }
  // Both orders of columns are by name, so the lower triangle stays the lower triangle.
  for (let i = 0; i < m; i++) {
    const row = block.pooled[i]! * size;
    for (let j = 0; j <= i; j++) schur[row + block.pooled[j]!]! += k[i * m + j]!;
  }
  return { l, border };
}

/** Cholesky factor of the Hessian of J, from n p (1 - p) of each cell. */
export function factorHessian(design: Design, curvature: Float64Array): ArrowFactor {
  const size = design.pooled;
  const schur = new Float64Array(size * size);
  for (let i = 0; i < size; i++) schur[i * size + i] = design.precision[i]!;
  const blocks = design.blocks.map((block) =>
    factorBlock(block, curvatureMatrix(block, curvature), design.precision, schur, size),
  );
  choleskyInPlace(schur, size);
  return { blocks, schur };
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
