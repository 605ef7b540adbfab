import assert from 'node:assert/strict';
import { countWithheld, describeWithheld } from '../../src/learning/describe-withheld.ts';
import type { Operation } from '../../src/persona/operation.ts';
import type { Withheld } from '../../src/learning/types.ts';

const tone = {
  op: 'add',
  path: '/deterministic_rules/anti_style_rules/Be calm.',
  to: 'Be calm.',
  evidence: { events: 12, raters: 9, disliked: 42, complaint: 'tone' },
} as const;
const module: Operation = { op: 'add', path: '/procedural_modules/a', to: { id: 'a', do: ['Stop.'] } };

const CASES: [withheld: Withheld, why: RegExp][] = [
  [
    { operation: tone, reason: 'owner_only' },
    /^How the persona sounds is for you alone to change\. .*version of your own/,
  ],
  [
    { operation: module, reason: 'owner_only' },
    /^The intent has no module that learning may change\. .*version of your own/,
  ],
  [
    { operation: tone, reason: 'veto', veto_id: 'v-7' },
    /veto v-7.* doubled and 20 have come in, or when you clear the veto/,
  ],
  [{ operation: tone, reason: 'budget' }, /no room left.* later run/],
  [{ operation: tone, reason: 'single_rater_dependent' }, /one of the raters.* more people/],
  [{ operation: tone, reason: 'gate', checks: ['golden', 'plan'] }, /would not pass the gate \(golden, plan\)/],
];

describe('what was withheld', () => {
  for (const [withheld, why] of CASES) {
    it(`says what it is, why it was withheld (${withheld.reason}, ${withheld.operation.path}) and what its owner could do`, () => {
      const described = describeWithheld(withheld);
      assert.match(described.why, why);
      assert.deepEqual({ ...described, ...withheld }, described);
      if (withheld.operation === tone) {
        assert.equal(
          described.summary,
          'Anti style rules: "Be calm." added (12 of 42 thumbs down say "tone", 9 raters)',
        );
      }
    });
  }

  it('is counted by reason', () => {
    assert.equal(countWithheld(CASES.slice(0, 3).map(([withheld]) => withheld)), '2 owner_only, 1 veto');
  });
});
