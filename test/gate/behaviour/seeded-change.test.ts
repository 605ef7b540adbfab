import assert from 'node:assert/strict';
import { planPairs } from '../../../src/gate/behaviour/pairs.ts';
import { runGate, verdictOf, withCheck } from '../../../src/gate/gate.ts';
import { simulatedModel } from '../../support/simulated-model.ts';
import { learned } from '../support.ts';
import { compare } from './compare.ts';

/** Harmless to every rule that looks at texts; what it does to answers only shows in answers. */
const STEP = 'Begin with a long story about the weather, and come to the point in the last sentence.';
const input = learned([{ op: 'add', path: `/procedural_modules/factual.cite/do/${STEP}`, to: STEP }]);
const model = () =>
  simulatedModel({
    answer: (system, message) => (system.includes(STEP) ? `It rained. ${message}` : `The answer. ${message}`),
    merit: (text) => (text.startsWith('It rained') ? 0 : 1),
  });

describe('a change that makes answers worse and breaks no rule', () => {
  const report = runGate(input);
  const judged = async () => {
    const plan = planPairs({ ...input, recorded: [] }, 500);
    const { outcome } = await compare(model(), { plan, specs: input });
    return withCheck(report, { name: 'behaviour', ...outcome });
  };

  it('passes every other check', () => assert.equal(report.verdict, 'pass'));

  it('fails the gate by its answers, and without that check would pass', async () => {
    const { verdict, checks } = await judged();
    assert.equal(verdict, 'fail');
    assert.deepEqual(
      checks.filter(({ status }) => status === 'fail').map(({ name }) => name),
      ['behaviour'],
    );
    assert.equal(verdictOf(checks.filter(({ name }) => name !== 'behaviour')), 'pass');
  });

  it('is judged on the prompts that it changes, a few of 100', async () => {
    const { data } = (await judged()).checks.find(({ name }) => name === 'behaviour') ?? assert.fail();
    const { pairs, asked, losses, p } = data ?? {};
    assert.ok(pairs === 100 && typeof asked === 'number' && asked < 20 && losses === asked && typeof p === 'number');
    assert.ok(Math.abs(p - 2 ** -asked) < 1e-12);
  });

  it('has one row in the report, however often it is judged', async () => {
    const once = await judged();
    const [row] = once.checks.slice(-1);
    assert.ok(row);
    assert.deepEqual(withCheck(once, row), once);
    assert.equal(withCheck(once, { ...row, status: 'skipped' }).verdict, 'pass');
  });
});
