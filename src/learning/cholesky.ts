// Dense matrices are Float64Array in rows; only the lower triangle of a symmetric one is read and written.

/** Sum of a[from + i] b[start + i] for i < n. Four sums at once: one would wait for each of its additions. */
export function dotOf(a: Float64Array, from: number, b: Float64Array, start: number, n: number): number {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s += a[from + i]! * b[start + i]!;
    t += a[from + i + 1]! * b[start + i + 1]!;
    u += a[from + i + 2]! * b[start + i + 2]!;
    v += a[from + i + 3]! * b[start + i + 3]!;
  }
  for (; i < n; i++) s += a[from + i]! * b[start + i]!;
  return s + t + (u + v);
}

/** Replaces the n x n positive definite matrix `a` by its Cholesky factor L, a = L L'. Throws RangeError when it is not. */
export function choleskyInPlace(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      const sum = a[row + j]! - dotOf(a, row, a, other, j);
      if (i !== j) a[row + j] = sum / a[other + j]!;
      else if (sum > 0) a[row + i] = Math.sqrt(sum);
      else throw new RangeError(`the matrix is not positive definite: pivot ${i} is ${sum}`);
    }
  }
}

/** x := L^-1 x */
export function forwardInPlace(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    x[i] = (x[i]! - dotOf(l, i * n, x, 0, i)) / l[i * n + i]!;
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
