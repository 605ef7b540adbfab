import assert from 'node:assert/strict';
import { countVotes } from '../../../src/learning/rules/counted-votes.ts';
import { hedgeRemover } from '../../../src/learning/rules/hedges.ts';
import type { RuleVote } from '../../../src/learning/rules/types.ts';
import { enough, flagWith, holdsOut, splitByTime } from '../../../src/learning/rules/worse.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { AS_OF } from '../support.ts';
import { row, rows, rules, text } from './support.ts';

const rated = (votes: readonly RuleVote[]) =>
  countVotes({ twin_id: 't', active: starterPersona, votes, as_of: AS_OF, vetoes: [] }).rated;
const liked = (count: number) => rows(count, 'l', (i) => ({ score: 1, answer: text(i, 60) }));
/** What the rule "holds a zebra" flags. */
const zebras = (votes: readonly RuleVote[]) => flagWith(rated(votes), (vote) => vote.text.includes('zebra'));
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

describe('what rated answers are worth as evidence', () => {
  it('ten people on one text say as much as one person', () => {
    const others = [...liked(30), ...rows(30, 'd', (i) => ({ answer: text(900 + i, 60) }))];
    const on = (count: number) => [...others, ...rows(count, 'z', () => ({ answer: text(500, 60, 'zebra') }))];
    near(zebras(on(10)).p_worse, zebras(on(1)).p_worse);
    const apart = [...others, ...rows(10, 'z', (i) => ({ answer: text(500 + i, 60, 'zebra') }))];
    assert.ok(zebras(apart).p_worse > zebras(on(10)).p_worse + 0.01);
    assert.ok(enough(zebras(apart)) && !enough(zebras(on(10))), '5 flagged answers are 5 texts');
  });

  it('one person on many texts weighs five votes at most, and age does not make answers better', () => {
    const by = (rater: (i: number) => string, ageDays: number) =>
      rows(60, 'z', (i) => ({ answer: text(500 + i, 60, 'zebra'), rater_id: rater(i), ageDays }));
    const share = (votes: RuleVote[]) => rated(votes).reduce((sum, vote) => sum + vote.share, 0);
    assert.ok(share(by(() => 'one', 1)) <= 5);
    near(share(by((i) => `r${i}`, 1)), 60);
    near(share(by((i) => `r${i}`, 300)), 60);
  });

  it('the newest 40 % are held out, without the texts that rules were found in', () => {
    const votes = rows(10, 'v', (i) => ({ answer: text(i, 60), ageDays: 100 - i }));
    const ids = (of: readonly { event_id: string }[]) => of.map(({ event_id }) => event_id);
    const { mined, heldOut } = splitByTime(rated(votes));
    assert.deepEqual(ids(mined), ['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
    assert.deepEqual(ids(heldOut), ['v6', 'v7', 'v8', 'v9']);
    const again = votes.with(7, { ...votes[7]!, answer: text(0, 60) });
    assert.deepEqual(ids(splitByTime(rated(again)).heldOut), ['v6', 'v8', 'v9']);
  });

  it('the more rules are tried on them, the more they must say; and one text is no trial', () => {
    const tried = (texts: number) =>
      zebras([...liked(30), ...rows(4, 'z', (i) => ({ answer: text(500 + (i % texts), 60, 'zebra') }))]);
    const { p_worse } = tried(4);
    assert.ok(p_worse > 0.99 && p_worse < 1 - 0.1 / 200_000, `${p_worse}`);
    assert.ok(holdsOut(tried(4)) && holdsOut(tried(4), 2));
    assert.ok(!holdsOut(tried(4), 200_000));
    assert.ok(!holdsOut(tried(1)));
    const weak = zebras([
      ...liked(30),
      ...rows(60, 'd', (i) => ({ answer: text(900 + i, 60) })),
      ...rows(5, 'z', (i) => ({ answer: text(500 + i, 60, 'zebra'), score: i === 0 ? 1 : -1 })),
    ]);
    assert.ok(weak.p_worse > 0.5 && weak.p_worse < 0.9 && !holdsOut(weak), `${weak.p_worse}`);
  });
});

describe('taking hedges out of texts', () => {
  const without = hedgeRemover(starterPersona);

  it('takes two words on either side with each, and joins nothing across it', () => {
    assert.equal(without('one two three it might be wrong today friend'), 'one two | today friend');
    assert.equal(without('not sure'), '');
    assert.equal(without('a b c d e f'), 'a b c d e f');
    assert.equal(without("x y z he doesn't know it now or then"), 'x y | or then');
  });

  it('is linear in the text: 200 answers of 20,000 characters without a space', () => {
    for (const piece of ['a', "x'", 'a-', "'a'-", 'a1_', '\u6f22\u5b57', 'might-', "n't", 'not sure ', 'may ']) {
      const long = piece.repeat(20_000 / piece.length);
      for (let i = 0; i < 20; i++) assert.ok(without(`${long}${i}`).length <= long.length + 5);
    }
  });

  it('so that answers in a script without spaces, or of one endless word, do not stop learning', () => {
    const endless = rows(200, 'e', (i) => ({ answer: `${'\u6f22\u5b57'.repeat(9_000)}${i}` }));
    assert.deepEqual(rules([...liked(80), ...endless, row('empty', { answer: ' \n ' })]).operations, []);
  });
});
