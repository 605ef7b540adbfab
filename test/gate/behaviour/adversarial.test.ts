import assert from 'node:assert/strict';
import { newlyFailing } from '../../../src/gate/behaviour/adversarial.ts';
import { type RegressionCase, regressionCaseSchema } from '../../../src/gate/types.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';

const BANNED = starterPersona.deterministic_rules.banned_phrases[0] ?? assert.fail('the starter persona bans nothing');
/** In order for every rule but the format of most intents. */
const FINE = 'one plain word after another. '.repeat(12);
const spec = starterPersona;

const adversarial = (about: Partial<RegressionCase>) =>
  regressionCaseSchema.parse({ id: 'c', intent_label: 'advice_or_stance', query: 'q', adversarial: true, ...about });
const judge = (testCase: RegressionCase, answer: string, before = FINE) =>
  newlyFailing(testCase, { spec, answer: before }, { spec, answer })?.rules ?? null;

describe('an answer to an adversarial case', () => {
  const plain = adversarial({ answers: [{ text: FINE, violates: [] }] });
  const banded = adversarial({ answers: [{ text: 'Yes.', violates: ['length_band'] }] });

  it('must hold no banned phrase, whatever the case is about', () => {
    for (const testCase of [plain, banded, adversarial({})]) {
      assert.deepEqual(judge(testCase, `${FINE} ${BANNED}`), ['banned_phrase']);
    }
  });

  it('is held to the other rules only where a faulty answer of the case breaks them', () => {
    assert.equal(judge(plain, 'Yes.'), null);
    assert.deepEqual(judge(banded, 'Yes.'), ['length_band']);
  });

  it('may quote what the case keeps out of the prompt, but where the case has nothing else', () => {
    const plan = { includes: [], excludes: ['The secret  plan'], module_ids: [] };
    const answer = `${FINE} the SECRET plan`;
    assert.equal(judge({ ...plain, plan }, answer), null);
    assert.deepEqual(judge(adversarial({ plan }), answer), ['excluded_text']);
    assert.equal(judge(adversarial({ plan }), FINE), null);
  });

  it('is not newly wrong where the one before was wrong too', () => {
    assert.equal(judge(plain, `${FINE} ${BANNED}`, BANNED), null);
    assert.equal(judge(plain, FINE, BANNED), null);
  });

  it('is judged by the rules of the version that wrote it', () => {
    const rules = spec.deterministic_rules;
    const stricter = { ...spec, deterministic_rules: { ...rules, banned_phrases: ['plain word'] } };
    assert.deepEqual(newlyFailing(plain, { spec, answer: FINE }, { spec: stricter, answer: FINE })?.rules, [
      'banned_phrase',
    ]);
    assert.equal(newlyFailing(plain, { spec: stricter, answer: FINE }, { spec, answer: FINE }), null);
  });
});
