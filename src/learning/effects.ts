import type { Design, TwinBlock } from './design.ts';

// X is the matrix of the model: a row for each cell, a column for each effect, 1 where the cell's answers have it.

/** Coefficients of a twin's columns: pooled effects plus the twin's deviations. */
export function coefficientsOf(block: TwinBlock, effects: Float64Array): Float64Array {
  return Float64Array.from(
    block.pooled,
    (pooled, i) => effects[pooled]! + (i < block.own ? effects[block.start + i]! : 0),
  );
}

/** X effects: a value for each cell. */
export function timesEffects({ blocks, cells }: Design, effects: Float64Array): Float64Array {
  const out = new Float64Array(cells);
  for (const block of blocks) {
    const { offsets, features, firstCell } = block;
    const beta = coefficientsOf(block, effects);
    for (let cell = 0; cell < block.cells; cell++) {
      let sum = 0;
      for (let i = offsets[cell]!; i < offsets[cell + 1]!; i++) sum += beta[features[i]!]!;
      out[firstCell + cell] = sum;
    }
  }
  return out;
}

/** X' values: a value for each effect. */
export function timesCells(design: Design, values: Float64Array): Float64Array {
  const out = new Float64Array(design.precision.length);
  for (const { offsets, features, firstCell, cells, pooled, own, start } of design.blocks) {
    const sums = new Float64Array(pooled.length);
    for (let cell = 0; cell < cells; cell++) {
      const value = values[firstCell + cell]!;
      for (let i = offsets[cell]!; i < offsets[cell + 1]!; i++) sums[features[i]!]! += value;
    }
    for (let i = 0; i < pooled.length; i++) {
      out[pooled[i]!]! += sums[i]!;
      if (i < own) out[start + i]! += sums[i]!;
    }
  }
  return out;
}

/** The vector with 1 at each effect of a sum. */
export function sumOf(design: Design, indexes: readonly number[]): Float64Array {
  const out = new Float64Array(design.precision.length);
  for (const index of indexes) out[index] = 1;
  return out;
}
