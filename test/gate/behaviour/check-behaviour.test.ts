import assert from 'node:assert/strict';
import { checkBehaviour, isSensitive, type Asked } from '../../../src/gate/behaviour/check-behaviour.ts';
import type { Preference } from '../../../src/gate/behaviour/judge.ts';
import type { JudgedPair } from '../../../src/gate/behaviour/outcomes.ts';
import { planPairs } from '../../../src/gate/behaviour/pairs.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { applyOperations } from '../../../src/persona/manifest.ts';

const ban = { op: 'add', path: '/deterministic_rules/banned_phrases/at scale', to: 'at scale' } as const;
const specs = { active: starterPersona, candidate: applyOperations(starterPersona, [ban]) };
const plan = planPairs({ ...specs, cases: [], recorded: [] }, 500);
const pairs = plan.asked.map((pair) => ({ ...pair, adversarial: [] }));

const VERDICTS = {
  win: ['B', 'A'],
  loss: ['A', 'B'],
  tie: ['tie', 'tie'],
  'first place': ['A', 'A'],
  'second place': ['B', 'B'],
  'tie and win': ['tie', 'A'],
  'win and garbage': ['B', null],
  garbage: [null, null],
} as const satisfies Record<string, readonly [Preference | null, Preference | null]>;

/** So many pairs of each kind, ties for the rest. */
function judged(counts: Partial<Record<keyof typeof VERDICTS, number>>): JudgedPair[] {
  const kinds = Object.entries(counts).flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
  return pairs.map((pair, index) => ({
    pair,
    active: 'live',
    candidate: 'candidate',
    verdicts: VERDICTS[(kinds[index] ?? 'tie') as keyof typeof VERDICTS],
  }));
}

const check = (counts: Parameters<typeof judged>[0], asked: Partial<Asked> = {}) =>
  checkBehaviour(specs, plan, { model: 'm', controls: 8, stopped: null, calls: 1, judged: judged(counts), ...asked });
const status = (...of: Parameters<typeof check>) => check(...of).status;

describe('the verdict on compared answers', () => {
  it('fails at p = .05 and under, and not over', () => {
    assert.deepEqual([status({ loss: 4 }), status({ loss: 5 })], ['inconclusive', 'fail']);
    // SciPy: binomtest(9, 11, .5, alternative='greater') is .0327, of 8 of 10 it is .0547.
    assert.deepEqual([status({ loss: 8, win: 2 }), status({ loss: 9, win: 2 })], ['inconclusive', 'fail']);
  });

  it('passes while at most 5 % of all pairs may have got worse', () => {
    assert.equal(pairs.length, 110);
    // The bound of 1 loss is -.0397, of 2 -.0534; of 4 and 4 -.0477, of 5 and 5 -.0520.
    assert.deepEqual([status({ loss: 1 }), status({ loss: 2 })], ['pass', 'inconclusive']);
    assert.deepEqual([status({ loss: 4, win: 4 }), status({ loss: 5, win: 5 })], ['pass', 'inconclusive']);
    assert.equal(status({ loss: 5, win: 30 }), 'pass');
  });

  it('counts a win or a loss only where both orders agree', () => {
    const undecided = { 'first place': 5, 'second place': 5, 'tie and win': 5, 'win and garbage': 5, garbage: 2 };
    const { wins, losses, ties, agreement } = check({ ...undecided, win: 1 }).data ?? {};
    assert.deepEqual([wins, losses, ties, agreement], [1, 0, 109, 0.8]);
  });

  it('needs both orders to agree on 80 %', () => {
    assert.deepEqual([status({ 'first place': 22 }), status({ 'first place': 23 })], ['pass', 'inconclusive']);
    assert.equal(status({ garbage: 23, loss: 20 }), 'inconclusive', 'whatever such a judge prefers');
  });

  it('needs 7 of 8 controls', () => {
    assert.deepEqual([isSensitive(6), isSensitive(7)], [false, true]);
    assert.deepEqual([status({}, { controls: 6 }), status({}, { controls: 7 })], ['inconclusive', 'pass']);
    assert.equal(status({ loss: 20 }, { controls: 6 }), 'inconclusive', 'whatever such a judge prefers');
  });

  it('is open where asking stopped, whatever was judged till then', () => {
    for (const counts of [{ win: 50 }, { loss: 50 }]) {
      const outcome = check(counts, { stopped: 'It is down.' });
      assert.equal(outcome.status, 'inconclusive');
      assert.match(outcome.detail, /^It is down\. The other checks stand\./);
    }
  });

  it('says what it rests on', () => {
    const { detail, data } = check({ win: 3, loss: 1 });
    assert.match(
      detail,
      /^Of 110 prompts 110 differ and were answered anew by m: .* better on 3, worse on 1 \(McNemar p = 0\.938;/,
    );
    const { p, bound, ...figures } = data ?? {};
    assert.ok(typeof p === 'number' && typeof bound === 'number' && Math.abs(p - 0.9375) < 1e-9 && bound > -0.05);
    assert.deepEqual(figures, {
      pairs: 110,
      asked: 110,
      changed: 110,
      wins: 3,
      losses: 1,
      ties: 106,
      agreement: 1,
      model: 'm',
      calls: 1,
      controls: '8/8',
      newly_failing_adversarial: [],
    });
  });
});
