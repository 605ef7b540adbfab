import assert from 'node:assert/strict';
import { confidenceChange } from '../../src/learning/confidence.ts';

describe('a change of confidence', () => {
  for (const [published, estimate, to] of [
    [0.7, 0.1, 0.62],
    [0.7, 0.9, 0.78],
    [0.7, 0.719999, null],
    [0.7, 0.72, 0.72],
    [0.7, 0.680001, null],
    [0.7, 0.68, 0.68],
    [0.1, 0, 0.05],
    [0.95, 1, 0.99],
    [0.02, 0, 0.05],
    [1, 1, null],
    [1, 0.97, 0.97],
    [0.7, 0.7412345678, 0.741235],
  ] as const) {
    it(`from ${published} for an estimate of ${estimate} is ${to ?? 'none'}`, () =>
      assert.equal(confidenceChange(published, estimate), to));
  }
});
