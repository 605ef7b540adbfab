import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { CHECKS } from '../../src/gate/checks/table.ts';
import { runGate, verdictOf } from '../../src/gate/gate.ts';
import { harmful, harmless, type SeededChange } from './seeded-changes.ts';
import { failed, NO_DATA, recordedAnswers } from './support.ts';

const recorded = recordedAnswers();

function seedIt(seed: SeededChange, title: string, test: () => void) {
  it(title, function () {
    if (recorded === null && seed.needsData) {
      console.log(`      ${NO_DATA}`);
      this.skip();
    }
    test();
  });
}

const report = (seed: SeededChange) => runGate(seed.input(recorded ?? []));

describe('seeded changes through the gate', () => {
  for (const seed of harmful) {
    seedIt(seed, `fails: ${seed.what}`, () => {
      const { verdict, checks } = report(seed);
      assert.equal(verdict, 'fail');
      assert.deepEqual(failed({ checks }).sort(), seed.caughtBy.toSorted());
    });
  }

  for (const seed of harmless) {
    seedIt(seed, `passes: ${seed.what}`, () => {
      const { verdict, checks } = report(seed);
      assert.equal(verdict, 'pass', JSON.stringify(checks.filter(({ status }) => status !== 'pass')));
    });
  }

  for (const { name } of CHECKS) {
    const alone = harmful.filter(({ caughtBy }) => caughtBy.length === 1 && caughtBy[0] === name);
    const needsData = alone.every((seed) => seed.needsData);
    it(`without ${name} a harmful change would pass`, function () {
      assert.ok(alone.length > 0, 'no seeded change needs this check');
      if (recorded === null && needsData) {
        console.log(`      ${NO_DATA}`);
        this.skip();
      }
      const seeds = alone.filter((seed) => recorded !== null || !seed.needsData);
      for (const seed of seeds) {
        assert.notEqual(verdictOf(report(seed).checks.filter((check) => check.name !== name)), 'fail', seed.what);
      }
    });
  }

  it('plan says of two modules of one id that they are invalid, and that prompts depend on their order', () => {
    const seed = harmful.find(({ what }) => what.startsWith('two modules of one id'));
    assert.ok(seed !== undefined);
    const data = report(seed).checks.find(({ name }) => name === 'plan')?.data ?? {};
    assert.ok(
      Number(data['invalid']) > 0 && Array.isArray(data['order_dependent']) && data['order_dependent'].length > 0,
    );
  });

  it('says how long a run takes', () => {
    const seeds = [...harmful, ...harmless].filter((seed) => recorded !== null || !seed.needsData);
    const inputs = seeds.map((seed) => seed.input(recorded ?? []));
    const start = performance.now();
    for (const input of inputs) runGate(input);
    const each = (performance.now() - start) / inputs.length;
    console.log(`      ${inputs.length} runs over ${recorded?.length ?? 0} rated answers: ${each.toFixed(1)} ms each`);
    assert.ok(each < 2_000);
  });
});
