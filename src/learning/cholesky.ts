// Dense matrices are Float64Array in rows; only the lower triangle of a symmetric one is read and written.

/** Replaces the n x n positive definite matrix `a` by its Cholesky factor L, a = L L'. Throws RangeError when it is not. */
export function choleskyInPlace(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = a[row + j]!;
      for (let k = 0; k < j; k++) sum -= a[row + k]! * a[other + k]!;
      if (i !== j) a[row + j] = sum / a[other + j]!;
      else if (sum > 0) a[row + i] = Math.sqrt(sum);
      else throw new RangeError(`the matrix is not positive definite: pivot ${i} is ${sum}`);
    }
  }
}

/** x := L^-1 x */
export function forwardInPlace(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * n + k]! * x[k]!;
    x[i] = sum / l[i * n + i]!;
  }
}

/** x := L'^-1 x */
export function backwardInPlace(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const value = x[i]! / l[i * n + i]!;
    x[i] = value;
    for (let k = 0; k < i; k++) x[k]! -= l[i * n + k]! * value;
  }
}

/** B := L^-1 B for the n x m matrix `b`. */
export function forwardColumnsInPlace(l: Float64Array, n: number, b: Float64Array, m: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * m;
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k]!;
      if (factor === 0) continue;
      const other = k * m;
      for (let j = 0; j < m; j++) b[row + j]! -= factor * b[other + j]!;
    }
    const pivot = l[i * n + i]!;
    for (let j = 0; j < m; j++) b[row + j]! /= pivot;
  }
}
