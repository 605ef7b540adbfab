import assert from 'node:assert/strict';
import fc from 'fast-check';
import { differenceBound, mcnemarWorse } from '../../../src/gate/behaviour/paired-statistics.ts';

const close = (actual: number, expected: number, tolerance = 1e-7): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

describe('statistics of paired prompts', () => {
  // SciPy 1.17.1, stats.binomtest(losses, losses + wins, .5, alternative='greater'); 5 to 0 is 1/32 by hand.
  for (const [losses, wins, p] of [
    [0, 0, 1],
    [1, 0, 0.5],
    [5, 0, 0.03125],
    [10, 2, 0.019287109375],
    [2, 10, 0.996826171875],
    [7, 7, 0.604736328125],
    [40, 25, 0.040840766970770014],
    [120, 90, 0.022557043932420348],
  ] as const) {
    it(`mcnemarWorse of ${losses} losses and ${wins} wins`, () =>
      close(mcnemarWorse({ losses, wins, pairs: losses + wins }), p, 1e-9));
  }

  // The score with P(loss) maximised numerically (SciPy 1.17.1, optimize.minimize_scalar), its root by optimize.brentq.
  // 0 and 1 of 44 is the example of Tango 1998, whose 90 % interval begins at -.096.
  for (const [wins, losses, pairs, bound] of [
    [0, 0, 100, -0.026342720783177658],
    [0, 1, 100, -0.0435817735340562],
    [0, 2, 104, -0.0564571576208952],
    [3, 3, 104, -0.04548186014394761],
    [10, 10, 120, -0.06387472271287743],
    [0, 1, 44, -0.0956624263991727],
    [12, 2, 50, 0.0854743837481817],
    [0, 5, 13, -0.6073920397648125],
    [20, 30, 300, -0.07305204867207313],
    [30, 5, 100, 0.1613804295607358],
    [100, 0, 100, 0.9473145584336433],
    [0, 100, 100, -1],
  ] as const) {
    it(`differenceBound of ${wins} wins and ${losses} losses in ${pairs} pairs`, () =>
      close(differenceBound({ wins, losses, pairs }, 0.95), bound, 1e-6));
  }

  it('refuses counts that cannot be', () => {
    for (const [wins, losses, pairs] of [
      [0, 0, 0],
      [-1, 0, 5],
      [3, 3, 5],
      [Number.NaN, 0, 5],
    ] as const) {
      assert.throws(() => differenceBound({ wins, losses, pairs }, 0.95), RangeError);
    }
  });

  const counts = fc
    .tuple(fc.nat(60), fc.nat(60), fc.nat(200))
    .filter(([wins, losses, ties]) => wins + losses + ties > 0)
    .map(([wins, losses, ties]) => ({ wins, losses, pairs: wins + losses + ties }));

  it('bounds lie under the difference seen, fall with each loss and rise with each win', () => {
    fc.assert(
      fc.property(counts, ({ wins, losses, pairs }) => {
        const bound = differenceBound({ wins, losses, pairs }, 0.95);
        assert.ok(bound >= -1 && bound <= (wins - losses) / pairs);
        const ties = pairs - wins - losses;
        if (ties === 0) return;
        const { worse, better } = {
          worse: { wins, losses: losses + 1, pairs },
          better: { wins: wins + 1, losses, pairs },
        };
        assert.ok(differenceBound(worse, 0.95) < bound);
        assert.ok(differenceBound(better, 0.95) > bound);
        assert.ok(mcnemarWorse(worse) <= mcnemarWorse({ wins, losses, pairs }));
      }),
    );
  });

  it('p values of both sides share only the chance of exactly this', () => {
    fc.assert(
      fc.property(counts, ({ wins, losses, pairs }) => {
        const both = mcnemarWorse({ wins, losses, pairs }) + mcnemarWorse({ wins: losses, losses: wins, pairs });
        assert.ok(both >= 1 - 1e-9 && both <= 2 + 1e-9);
      }),
    );
  });
});
