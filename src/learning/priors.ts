/** Standard deviations of the normal priors on the logit scale (docs/learning.md, section 3). */
export interface Priors {
  readonly intercept: { readonly mean: number; readonly sd: number };
  readonly twin: number;
  readonly intent: number;
  readonly twinIntent: number;
  readonly module: number;
  readonly twinModule: number;
  readonly judge: number;
}

export const PRIORS: Priors = {
  intercept: { mean: Math.log(0.7 / 0.3), sd: 1 },
  twin: 0.5,
  intent: 0.4,
  twinIntent: 0.3,
  module: 0.5,
  twinModule: 0.35,
  judge: 1,
};
