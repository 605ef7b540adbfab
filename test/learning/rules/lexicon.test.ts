import assert from 'node:assert/strict';
import { complaintsOf } from '../../../src/learning/rules/lexicon.ts';

const said = (comment: string | null, reason: string | null = null, score: -1 | 0 | 1 = -1) =>
  complaintsOf({ score, reason, comment }).join(' ');

describe('lexicon of complaints', () => {
  for (const [comment, complaints] of [
    ['This answer does not address the question about the funds.', 'off_topic'],
    ["It doesn't answer my question", 'off_topic'],
    ['Irrelevant.', 'off_topic'],
    ['This is a basic answer and does not expand on the topic much', 'incomplete'],
    ['Needs more details', 'incomplete'],
    ['Too short', 'incomplete'],
    ['Britannica is incorrect, JSTOR is right.', 'incorrect'],
    ["That isn't true any more", 'incorrect'],
    ['It made up a paper', 'hallucination'],
    ['This book doesn\u2019t exist', 'hallucination'],
    ['no link given', 'no_source'],
    ['Where is this from? Without any evidence.', 'no_source'],
    ['WAY too long', 'too_long'],
    ['Should be shorter', 'too_long'],
    ['confusing and lacks clarity', 'unclear'],
    ['It repeats itself', 'repetitive'],
    ['rude and condescending', 'tone'],
    ['Too long, and wrong.', 'incorrect too_long'],
    ['', ''],
    ['I do not like the weather', ''],
  ] as const) {
    it(`hears "${complaints}" in "${comment}"`, () => assert.equal(said(comment), complaints));
  }

  it('hears a denial', () => {
    assert.equal(said('It is not off topic'), '');
    assert.equal(said('This was not too long'), '');
    assert.equal(said("I don't find it confusing"), '');
    assert.equal(said('not only confusing'), 'unclear');
  });

  it('takes the reason code first, and the comment where the code names no complaint', () => {
    assert.equal(said('far too long', 'incorrect'), 'incorrect');
    assert.equal(said('far too long', 'other'), 'too_long');
    assert.equal(said('far too long', 'great_answer'), 'too_long');
    assert.equal(said(null, 'off_topic'), 'off_topic');
  });

  it('counts thumbs down only', () => {
    assert.equal(said('far too long', 'incorrect', 1), '');
    assert.equal(said('far too long', 'incorrect', 0), '');
  });
});
