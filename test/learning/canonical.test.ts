import assert from 'node:assert/strict';
import { canonicalVotes } from '../../src/learning/canonical.ts';
import { fitTenant } from '../../src/learning/fit.ts';
import { halfLifeDeciders, voteWeights } from '../../src/learning/weights.ts';
import { AS_OF, DAY, retraction, vote, votes } from './support.ts';

const ids = (events: Parameters<typeof canonicalVotes>[0]) =>
  canonicalVotes(events, AS_OF).map(({ event_id }) => event_id);
const weights = (events: Parameters<typeof canonicalVotes>[0]) => [
  ...voteWeights(fitTenant(events, { as_of: AS_OF }).ledger),
];
const near = (actual: readonly number[], expected: readonly number[]): void =>
  assert.ok(
    actual.length === expected.length && actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-12),
    `${actual.join()} is not ${expected.join()}`,
  );

describe('the canonical form of a ledger', () => {
  it('is sorted by twin and event id, whatever the order', () => {
    const events = [vote({ id: 'b', twin: 'u' }), vote({ id: 'z', twin: 't' }), vote({ id: 'a', twin: 'u' })];
    assert.deepEqual(ids(events), ['z', 'a', 'b']);
    assert.deepEqual(ids(events.toReversed()), ['z', 'a', 'b']);
  });

  it('keeps the vote of a key that came in last, whatever time it names; without numbers the latest', () => {
    const early = vote({ id: 'early', key: 'k', ageDays: 2, seq: 9 });
    const late = vote({ id: 'late', key: 'k', ageDays: 1, seq: 1 });
    assert.deepEqual(ids([late, early]), ['early']);
    assert.deepEqual(
      ids([
        { ...late, seq: 0 },
        { ...early, seq: 0 },
      ]),
      ['late'],
    );
  });

  it('what a row over a year old has replaced does not stand again', () => {
    const replaced = vote({ id: 'replaced', key: 'k', ageDays: 1, seq: 1 });
    assert.deepEqual(ids([replaced, vote({ id: 'old', key: 'k', ageDays: 400, seq: 2 })]), []);
    assert.deepEqual(ids([vote({ id: 'old', key: 'k', ageDays: 400, seq: 0 }), replaced]), ['replaced']);
  });

  it('breaks ties of time and number by a hash of the event id', () => {
    const tied = ['a', 'b', 'c', 'd'].map((id) => vote({ id, key: 'k' }));
    // SHA-256 of "d" begins with 18, of the others with ca, 3e and 2e.
    assert.deepEqual(ids(tied), ['a']);
    assert.deepEqual(ids(tied.toReversed()), ['a']);
  });

  it('does not depend on the order of rows that differ in nothing but what they say', () => {
    const [up, down] = [vote({ id: 'a', score: 1 }), vote({ id: 'a', score: -1 })];
    assert.deepEqual(canonicalVotes([up, down], AS_OF), canonicalVotes([down, up], AS_OF));
  });

  it('keeps the same key of two twins apart', () => {
    assert.equal(ids([vote({ id: 'a', key: 'k' }), vote({ id: 'a', key: 'k', twin: 'u' })]).length, 2);
  });

  it('a retraction removes, and a later vote counts again', () => {
    const liked = vote({ id: 'a', key: 'k', ageDays: 3 });
    const removed = retraction(liked, 'x', 2);
    assert.deepEqual(ids([liked, removed]), []);
    assert.deepEqual(ids([liked, removed, vote({ id: 'b', key: 'k', ageDays: 1 })]), ['b']);
    assert.deepEqual(ids([liked, retraction(liked, 'x', -1)]), ['a'], 'one of the future is not there yet');
  });

  it('ends at as_of, and begins 365 days before', () => {
    const at = (id: string, ageMs: number) => ({ ...vote({ id }), occurred_at: AS_OF - ageMs });
    const events = [at('now', 0), at('future', -1), at('oldest', 365 * DAY), at('too-old', 365 * DAY + 1)];
    assert.deepEqual(ids(events), ['now', 'oldest']);
  });
});

describe('weights of votes', () => {
  it('halve in 90 days in a quiet twin', () => {
    near(weights([vote({ id: 'a' }), vote({ id: 'b', rater: 's', ageDays: 90 })]), [1, 0.5]);
  });

  it('halve in 30 days in a twin with 30 votes a month', () => {
    const busy = votes(30, 'x');
    const old = vote({ id: 'a', ageDays: 60 });
    near(weights([...busy, old]).slice(0, 1), [0.25]);
    near(weights([...busy.slice(1), old]).slice(0, 1), [2 ** (-60 / 90)]);
  });

  it('n votes of one rater in one twin weigh n / (1 + .2 (n - 1))', () => {
    near(
      weights(votes(6, 'x', { rater: 'r' })),
      Array.from({ length: 6 }, () => 0.5),
    );
    near(weights([vote({ id: 'a' }), vote({ id: 'b', twin: 'u' })]), [1, 1]);
  });

  it('the anonymous of a day are one rater, of two days two', () => {
    const today = ['a', 'b'].map((id) => vote({ id, rater: null }));
    near(weights(today), [1 / 1.2, 1 / 1.2]);
    const d = 2 ** (-1 / 90);
    near(weights([today[0]!, vote({ id: 'b', rater: null, ageDays: 1 })]), [1, d]);
  });

  it('without a rater are those of a ledger that never had them', () => {
    const others = votes(20, 'x', { ageDays: 20 });
    const { ledger } = fitTenant([...others, ...votes(15, 'y', { rater: 'y' })], { as_of: AS_OF });
    const y = ledger.rater[ledger.votes.findIndex(({ rater_id }) => rater_id === 'y')]!;
    near([...voteWeights(ledger, y)].slice(0, 20), weights(others));
    assert.deepEqual([...halfLifeDeciders(ledger)], [y], 'who makes the twin a busy one');
  });
});
