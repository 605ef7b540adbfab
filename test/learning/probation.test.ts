import assert from 'node:assert/strict';
import { describeFigures, judgeProbation, type ProbationVote } from '../../src/learning/probation.ts';

/** mulberry32: a seeded stream of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const DAY = '2026-01-01';
/** Each vote another rater's. */
const sample = (random: () => number, count: number, p: number): ProbationVote[] =>
  Array.from({ length: count }, (_, i) => ({ rater_id: `r${i}`, good: random() < p, day: DAY }));
/** The given share of thumbs up, evenly spread. */
const exactly = (count: number, p: number): ProbationVote[] =>
  Array.from({ length: count }, (_, i) => ({
    rater_id: `o${i}`,
    good: Math.floor((i + 1) * p) > Math.floor(i * p),
    day: DAY,
  }));
const day = (n: number): string => `day-${n}`;

/** Share of 1,000 simulations that roll back. */
function rolledBack(oldVotes: number, oldP: number, newP: number, seed: number): number {
  const random = seeded(seed);
  let count = 0;
  for (let i = 0; i < 1_000; i++) {
    const verdict = judgeProbation(sample(random, oldVotes, oldP), sample(random, 600, newP), false);
    count += verdict.outcome === 'rolled_back' ? 1 : 0;
  }
  return count / 1_000;
}

describe('probation', () => {
  it('rolls back .70 to .50 in 80 % of simulations at least, with 100 old votes', () => {
    const share = rolledBack(100, 0.7, 0.5, 1);
    assert.ok(share >= 0.8, `${share}`);
  });

  it('rolls back .70 to .70 in 2 % of simulations at most, with 50, 100 and 200 old votes', () => {
    for (const votes of [50, 100, 200]) {
      const share = rolledBack(votes, 0.7, 0.7, votes);
      assert.ok(share <= 0.02, `${votes} old votes: ${share}`);
    }
  });

  it('rolls nothing back with under 50 votes on the old version, and tells the owner', () => {
    const worst = exactly(300, 0);
    const { outcome, figures } = judgeProbation(exactly(49, 0.9), worst.slice(0, 299), false);
    assert.equal(outcome, 'running');
    assert.equal(figures.evidence, null);
    assert.match(describeFigures(figures), /only 49 of the 50 votes needed.*roll back yourself/);
    assert.equal(judgeProbation(exactly(50, 0.9), worst, false).outcome, 'rolled_back');
  });

  it('counts one vote a rater and day on the old version', () => {
    const same = Array.from({ length: 500 }, (_, i): ProbationVote => ({
      rater_id: `r${i % 7}`,
      good: true,
      day: day(i % 2),
    }));
    assert.equal(judgeProbation(same, [], false).figures.old_votes, 14);
  });

  it('rolls nothing back for 500 thumbs down of one person, of two, or of the anonymous', () => {
    const down = (rater: (i: number) => string | null, days: number) =>
      Array.from({ length: 500 }, (_, i): ProbationVote => ({ rater_id: rater(i), good: false, day: day(i % days) }));
    const one = judgeProbation(
      exactly(200, 0.9),
      down(() => 'troll', 250),
      true,
    );
    assert.equal(one.outcome, 'undecided');
    assert.equal(one.figures.votes, 5);
    const two = judgeProbation(
      exactly(200, 0.9),
      down((i) => `troll-${i % 2}`, 250),
      true,
    );
    assert.deepEqual([two.outcome, two.figures.votes, two.figures.down_raters], ['undecided', 10, 2]);
    const unnamed = judgeProbation(
      exactly(200, 0.9),
      down(() => null, 250),
      true,
    );
    assert.deepEqual([unnamed.outcome, unnamed.figures.votes, unnamed.figures.down_raters], ['undecided', 5, 0]);
    // What the third person changes is that they agree.
    assert.equal(
      judgeProbation(
        exactly(200, 0.9),
        down((i) => `r${i % 3}`, 250),
        true,
      ).outcome,
      'rolled_back',
    );
  });

  it('needs three people among the thumbs down, whoever else is anonymous', () => {
    const five = (rater_id: string | null) =>
      Array.from({ length: 5 }, (_, i): ProbationVote => ({ rater_id, good: false, day: day(i) }));
    const old = exactly(200, 0.9);
    const two = judgeProbation(old, [...five('a'), ...five('b'), ...five(null)], false);
    assert.deepEqual([two.outcome, two.figures.down_raters], ['running', 2]);
    assert.ok((two.figures.evidence ?? 0) >= 20, `${two.figures.evidence}`);
    assert.equal(judgeProbation(old, [...five('a'), ...five('b'), ...five('c')], false).outcome, 'rolled_back');
  });

  it('is over at 300 votes or with its time, and says how', () => {
    const old = exactly(100, 0.7);
    assert.equal(judgeProbation(old, exactly(299, 0.75), false).outcome, 'running');
    assert.equal(judgeProbation(old, exactly(300, 0.75), false).outcome, 'kept');
    assert.equal(judgeProbation(old, exactly(299, 0.75), true).outcome, 'undecided');
    assert.equal(judgeProbation([], exactly(300, 0.75), false).outcome, 'undecided');
    // Evidence that leans against it at 300 votes is looked at up to 600.
    const leaning = judgeProbation(old, exactly(300, 0.54), false);
    assert.equal(leaning.outcome, 'running', JSON.stringify(leaning));
    assert.equal(judgeProbation(old, exactly(600, 0.54), false).outcome, 'kept');
    // Nothing after the 300th vote is looked at.
    assert.equal(judgeProbation(old, [...exactly(300, 0.75), ...exactly(300, 0)], false).outcome, 'kept');
  });

  it('answers the same for more votes once it has decided', () => {
    const old = exactly(100, 0.8);
    const bad = exactly(60, 0.1);
    const first = judgeProbation(old, bad, false);
    assert.equal(first.outcome, 'rolled_back');
    assert.deepEqual(judgeProbation(old, [...bad, ...exactly(100, 1)], true), first);
  });
});
