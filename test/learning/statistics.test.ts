import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  betaPosterior,
  betaQuantile,
  clopperPearsonUpper,
  normalCdf,
  normalQuantile,
  probabilityWorse,
} from '../../src/learning/statistics.ts';

const close = (actual: number, expected: number, tolerance = 1e-7): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

// Expected values: SciPy 1.17.1 (stats.norm, stats.beta, integrate.quad).
describe('statistics, against SciPy', () => {
  for (const [x, p] of [
    [-3, 0.0013498980316300933],
    [-1.6448536, 0.05000000277965746],
    [-0.2, 0.42074029056089696],
    [0, 0.5],
    [1.2816, 0.9000084999023248],
    [4.5, 0.9999966023268753],
  ] as const) {
    it(`normalCdf(${x})`, () => close(normalCdf(x), p, 1e-12));
  }

  for (const [p, x] of [
    [1e-6, -4.753424308822899],
    [0.05, -1.6448536269514729],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.999, 3.090232306167813],
  ] as const) {
    it(`normalQuantile(${p})`, () => close(normalQuantile(p), x, 1e-8));
  }

  for (const [p, a, b, x] of [
    [0.05, 2.5, 7.25, 0.0693564832071197],
    [0.5, 0.5, 0.5, 0.5],
    [0.975, 51, 450, 0.12970908566220307],
    [0.1, 30, 1.5, 0.9018185237968521],
  ] as const) {
    it(`betaQuantile(${p}) of Beta(${a}, ${b})`, () => close(betaQuantile(p, { a, b }), x));
  }

  for (const [hits, total, confidence, bound] of [
    [0, 59, 0.95, 0.04950760988822693],
    [0, 58, 0.95, 0.050339338330420105],
    [2, 120, 0.95, 0.05153371368637799],
    [10, 400, 0.95, 0.04203654501425724],
    [200, 10_000, 0.95, 0.02245935301710235],
    [3, 20, 0.9, 0.3041868114074787],
    [5, 5, 0.95, 1],
  ] as const) {
    it(`clopperPearsonUpper(${hits}, ${total}, ${confidence})`, () =>
      close(clopperPearsonUpper(hits, total, confidence), bound));
  }

  for (const [a1, b1, a2, b2, p] of [
    [1, 1, 1, 1, 0.5],
    [6, 1, 40, 60, 0.9949388946714377],
    [8, 4, 300, 200, 0.7013815042363528],
    [0.5, 0.5, 2, 3, 0.5703125],
    [12.5, 3.25, 7.75, 9, 0.9796457937089698],
    [2001, 2001, 2050, 1950, 0.13169727965947114],
    [1, 6, 6, 1, 0.0010822510822510818],
    [5, 2, 900, 1200, 0.9439768052869454],
    [300, 200, 8, 4, 0.29861849576364674],
  ] as const) {
    it(`probabilityWorse of Beta(${a1}, ${b1}) and Beta(${a2}, ${b2})`, () =>
      close(probabilityWorse({ a: a1, b: b1 }, { a: a2, b: b2 }), p));
  }

  it('the posterior of a rate starts from the uniform prior', () => {
    assert.deepEqual(betaPosterior(3, 10), { a: 4, b: 8 });
  });

  it('refuses a rate that is none', () => {
    for (const [hits, total] of [
      [1, 0],
      [-1, 5],
      [6, 5],
      [Number.NaN, 5],
    ] as const) {
      assert.throws(() => clopperPearsonUpper(hits, total, 0.95), RangeError);
    }
  });

  it('P(X > Y) and P(Y > X) sum to 1, and more hits make it likelier', () => {
    const rate = fc.tuple(fc.nat(300), fc.nat(300)).map(([hits, misses]) => ({ hits, total: hits + misses + 1 }));
    fc.assert(
      fc.property(rate, rate, (x, y) => {
        const first = betaPosterior(x.hits, x.total);
        const second = betaPosterior(y.hits, y.total);
        const p = probabilityWorse(first, second);
        close(p + probabilityWorse(second, first), 1, 1e-9);
        assert.ok(probabilityWorse(betaPosterior(x.hits + 1, x.total + 1), second) >= p - 1e-6);
      }),
      { numRuns: 50 },
    );
  });
});
