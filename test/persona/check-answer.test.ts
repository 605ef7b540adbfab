import assert from 'node:assert/strict';
import { checkAnswer } from '../../src/persona/check-answer.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { countWords } from '../../src/persona/text.ts';

const context = { intent: 'factual_with_evidence', channel: 'public' } as const;

function broken(rules: Record<string, unknown>, answer: string, where: Record<string, string> = {}): string[] {
  const spec = personaSpecSchema.parse({ deterministic_rules: rules });
  return checkAnswer(spec, { ...context, ...where }, answer).map(({ rule, detail }) => `${rule}: ${detail}`);
}

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

describe('checkAnswer', () => {
  it('counts words against the band of the intent, else the default', () => {
    const length_bands = { default: { min_words: 2, max_words: 4 }, advice_or_stance: { max_words: 9 } };
    assert.deepEqual(broken({ length_bands }, words(1)), ['length_band: 1 words, at least 2']);
    assert.deepEqual(broken({ length_bands }, words(2)), []);
    assert.deepEqual(broken({ length_bands }, words(4)), []);
    assert.deepEqual(broken({ length_bands }, words(5)), ['length_band: 5 words, at most 4']);
    assert.deepEqual(broken({ length_bands }, words(5), { intent: 'advice_or_stance' }), []);
    assert.deepEqual(broken({ length_bands }, words(5), { intent: 'unknown' }), ['length_band: 5 words, at most 4']);
  });

  it('counts words in any script, and no punctuation', () => {
    assert.equal(countWords(" - It's  one-two\n3.5 % \u2014 \u00e9t\u00e9 "), 4);
    assert.equal(countWords('\u4f60\u597d world'), 3);
    assert.equal(countWords('   '), 0);
  });

  it('finds banned phrases as whole words, whatever the case, quotes and spaces', () => {
    const banned_phrases = ["today's world", 'as an ai', '!!', 'na\u00efve'];
    const found = (answer: string) => broken({ banned_phrases }, answer);
    assert.deepEqual(found('In TODAY\u2019S\n  World, yes.'), ["banned_phrase: today's world"]);
    assert.deepEqual(found('As\u00a0an \uff21\uff29, no.'), ['banned_phrase: as an ai']);
    assert.deepEqual(found('Was an aim; as an aid; has an ai'), []);
    assert.deepEqual(found('Wow!!'), ['banned_phrase: !!']);
    assert.deepEqual(found('A nai\u0308ve na\u00efvely'), ['banned_phrase: na\u00efve']);
  });

  it('joins the bans of the chosen modules', () => {
    const answer = 'Trust me, it is so.';
    const rules = (channel: 'owner' | 'public') =>
      checkAnswer(
        personaSpecSchema.parse({ procedural_modules: [{ id: 'm', ban: ['trust me'], channels: ['owner'] }] }),
        { ...context, channel },
        answer,
      );
    assert.deepEqual(rules('owner'), [{ rule: 'banned_phrase', detail: 'trust me' }]);
    assert.deepEqual(rules('public'), []);
  });

  it('excuses a banned phrase inside an allowed hedge, and only there', () => {
    const rules = { banned_phrases: ['not sure'], allowed_hedges: ['I am not sure'] };
    assert.deepEqual(broken(rules, 'I am  NOT sure.'), []);
    assert.deepEqual(broken(rules, 'I am not sure, and they are not sure.'), ['banned_phrase: not sure']);
    const longer = { banned_phrases: ['i am not sure at all'], allowed_hedges: ['not sure'] };
    assert.deepEqual(broken(longer, 'I am not sure at all.'), ['banned_phrase: i am not sure at all']);
  });

  const formats: [format: string, good: string, bad: string][] = [
    ['bullets', '- one\n* two', 'one, two'],
    ['numbered_steps', '1. one\n2) two', '- one\n- two'],
    ['short_paragraphs', `${words(90)}\n\n${words(90)}`, `${words(50)}\n${words(41)}`],
    ['citations', 'So it is [1].', 'So it is.'],
    ['citations', 'So it is (Miller et al. 2019).', 'So it is (really).'],
    ['citations', 'See https://example.org/a.', 'See the web.'],
    ['plain', 'A sentence - with a dash, 3. and a number.', '# A heading'],
    ['plain', 'A sentence.', 'Some **bold** text.'],
    ['bullets, citations', '- one [1]\n- two', '- one\n- two'],
  ];
  for (const [format, good, bad] of formats) {
    it(`checks the format ${format} on "${bad.slice(0, 24)}"`, () => {
      const rules = { format_by_intent: { default: format } };
      assert.deepEqual(broken(rules, good), []);
      const problems = broken(rules, bad);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^format: /);
    });
  }

  it('leaves a format in free text to readers', () => {
    for (const format of ['like a haiku', 'bullets and love', 'constructor', '']) {
      assert.deepEqual(broken({ format_by_intent: { default: format } }, 'x'), []);
    }
  });

  it('checks the depths brief and deep where an answer has depth', () => {
    const seven = 'One. Two. Three. Four. Five. Six. Seven.';
    assert.deepEqual(broken({ depth: 'brief' }, seven), ['depth: brief: 7 sentences, 6 at most']);
    assert.deepEqual(broken({ depth: 'deep' }, 'One. Two, 3.5 and e.g.'), ['depth: deep: 2 sentences, 4 at least']);
    assert.deepEqual(broken({ depth: 'deep' }, 'Which one?', { intent: 'ambiguity_or_clarify' }), []);
    assert.deepEqual(broken({ depth: 'as deep as needed' }, seven), []);
  });

  it('never repeats the answer', () => {
    const answer = `${words(400)} trust me, zebra`;
    const violations = checkAnswer(starterPersona, context, answer);
    assert.deepEqual(
      violations.map(({ rule }) => rule),
      ['length_band', 'banned_phrase', 'format', 'format'],
    );
    assert.doesNotMatch(JSON.stringify(violations), /zebra|word word/);
  });

  it('stays linear on hostile answers', function () {
    this.timeout(2_000);
    for (const unit of ['(', '- ', '10.1234', '[1', '*', '\u200b', 'not sure ', '((2', '1. ']) {
      checkAnswer(starterPersona, context, unit.repeat(20_000 / unit.length));
    }
  });
});
