// `jstat` ships no types; only what `learning/statistics.ts` calls is declared.
declare module 'jstat' {
  interface Distributions {
    readonly normal: {
      cdf(x: number, mean: number, sd: number): number;
      inv(p: number, mean: number, sd: number): number;
    };
    readonly beta: {
      cdf(x: number, a: number, b: number): number;
      inv(p: number, a: number, b: number): number;
    };
    gammaln(x: number): number;
  }
  const jstat: Distributions;
  export default jstat;
}
