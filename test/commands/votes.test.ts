import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { changePolicy } from '../../src/commands/policy.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { countUntrained } from '../../src/db/learning-facts.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, openBench, unique, vote, type Bench } from './support.ts';

describe('votes and pending_events', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const twin = () => bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
  const retract = (of: TwinRef, trace_id: string, rater_id: string | null = 'rater') =>
    retractVote(bench.database, { tenant_id: of.tenant_id, twin_id: of.id, trace_id, message_id: '', rater_id });
  const rows = (of: TwinRef) =>
    bench.database.db.execute<{ seq: number; score: number; replaces_seq: number | null; event_type: string }>(sql`
      select seq::int, score, replaces_seq::int, event_type from persona_training_events
      where twin_id = ${of.id} order by seq`);
  /** A twin, and the trace of a vote of its that a run has taken. */
  const taken = async () => {
    const of = await twin();
    const trace_id = unique('taken');
    await bench.castOne(of, { trace_id });
    await bench.complete(of, await bench.claim(of));
    assert.equal(await bench.pending(of), 0);
    return { of, trace_id };
  };

  it('a new vote is pending', async () => {
    const of = await twin();
    const stored = await bench.castOne(of);
    assert.deepEqual([stored.duplicate, stored.counted, stored.wake], [false, true, true]);
    assert.deepEqual(stored.learning, { enqueued: true, pending_events: 1, required_events: 1 });
    assert.equal(await bench.pending(of), 1);
    assert.notEqual((await bench.state(of)).oldest_pending_at, null);
  });

  it('the same score, reason, comment and answer again is a duplicate, and answers the id of the first', async () => {
    const of = await twin();
    const said = { trace_id: unique('t'), reason: 'helpful', comment: 'c', answer: 'a' };
    const first = await bench.castOne(of, said);
    const again = await bench.castOne(of, { ...said, query: 'another question', intent_label: 'advice_or_stance' });
    assert.deepEqual([again.duplicate, again.event_id, again.wake], [true, first.event_id, false]);
    assert.equal((await rows(of)).length, 1);
    assert.equal(await bench.pending(of), 1);
  });

  for (const change of [{ score: -1 as const }, { reason: 'helpful' }, { comment: 'c' }, { answer: 'a' }]) {
    it(`another ${Object.keys(change).join()} replaces, by a row that names the old; pending stays 1`, async () => {
      const of = await twin();
      const trace_id = unique('t');
      await bench.castOne(of, { trace_id });
      assert.equal((await bench.castOne(of, { trace_id, ...change })).duplicate, false);
      assert.deepEqual(
        (await rows(of)).map((row) => row.replaces_seq),
        [null, 1],
      );
      assert.equal(await bench.pending(of), 1);
    });
  }

  it('a replacement of a vote that a run took is pending, once', async () => {
    const { of, trace_id } = await taken();
    assert.equal((await bench.castOne(of, { trace_id })).duplicate, true);
    assert.equal(await bench.pending(of), 0);
    await bench.castOne(of, { trace_id, score: -1 });
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { trace_id, score: 1 });
    assert.equal(await bench.pending(of), 1, 'back to what the run had seen is a change like any other');
  });

  it('a retraction of a vote that no run took undoes it; again is nothing', async () => {
    const of = await twin();
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id });
    assert.equal(await retract(of, trace_id), 'retracted');
    assert.equal(await bench.pending(of), 0);
    assert.equal((await bench.state(of)).oldest_pending_at, null);
    assert.equal(await retract(of, trace_id), 'none');
    assert.deepEqual(
      (await rows(of)).map((row) => [row.score, row.event_type, row.replaces_seq]),
      [
        [1, 'thumb_up', null],
        [0, 'retraction', 1],
      ],
    );
    assert.equal((await bench.castOne(of, { trace_id })).duplicate, false, 'the same vote may come back');
    assert.equal(await bench.pending(of), 1);
  });

  it('a retraction of a vote that a run took is pending, unless its replacement is', async () => {
    const { of, trace_id } = await taken();
    await retract(of, trace_id);
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { trace_id, score: -1 });
    await retract(of, trace_id);
    assert.equal(await bench.pending(of), 1);
  });

  it('a retraction keeps no text, and of nobody else', async () => {
    const of = await twin();
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id, comment: 'c', answer: 'a', query: 'q' });
    assert.equal(await retract(of, trace_id, 'another'), 'none');
    assert.equal(await retract(of, unique('t')), 'none');
    assert.equal(await retract({ ...of, tenant_id: 'theirs' }, trace_id), 'unknown_twin');
    assert.equal(await retract(of, trace_id), 'retracted');
    const [last] = await bench.database.db.execute(sql`
      select comment, answer, query from persona_training_events where twin_id = ${of.id} and seq = 2`);
    assert.deepEqual(last, { comment: null, answer: null, query: null });
  });

  it('a vote from a context that does not train is stored, and not counted', async () => {
    const of = await twin();
    const stored = await bench.castOne(of, { interaction_context: 'public_widget' });
    assert.deepEqual([stored.counted, stored.not_counted_reason, stored.wake], [false, 'context_not_trained', false]);
    assert.deepEqual(stored.learning, {
      enqueued: false,
      reason: 'insufficient_events',
      pending_events: 0,
      required_events: 1,
    });
    assert.equal(await bench.pending(of), 0);
    assert.equal((await rows(of)).length, 1);
  });

  it('a vote of a training context, replaced by one that does not train, is taken back', async () => {
    const of = await twin();
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id });
    const replaced = await bench.castOne(of, { trace_id, interaction_context: 'public_share' });
    assert.deepEqual([replaced.duplicate, replaced.counted], [false, false]);
    assert.equal(await bench.pending(of), 0);
    await bench.castOne(of, { trace_id });
    assert.equal(await bench.pending(of), 1);
  });

  it('the same of a vote that a run took is pending, and wakes the twin: the evidence has changed', async () => {
    const { of, trace_id } = await taken();
    const replaced = await bench.castOne(of, { trace_id, interaction_context: 'public_share' });
    assert.deepEqual([replaced.counted, replaced.wake, replaced.learning.enqueued], [false, true, true]);
    assert.equal(await bench.pending(of), 1);
  });

  it('counts as not counted the votes that stand, each once', async () => {
    const of = await twin();
    const trace_id = unique('t');
    const open = { trace_id, interaction_context: 'public_share' } as const;
    await bench.cast(of, [
      open,
      { ...open, comment: 'a thumb, then a comment' },
      { interaction_context: 'public_share' },
    ]);
    assert.equal(await countUntrained(bench.database.db, of.id), 2);
    await retract(of, trace_id);
    assert.equal(await countUntrained(bench.database.db, of.id), 1);
  });

  it('an anonymous vote replaces the anonymous one of its answer', async () => {
    const of = await twin();
    const anonymous = { trace_id: unique('t'), rater_id: null };
    await bench.castOne(of, anonymous);
    assert.equal((await bench.castOne(of, anonymous)).duplicate, true);
    await bench.castOne(of, { ...anonymous, score: -1 });
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { ...anonymous, message_id: 'm' });
    assert.equal(await bench.pending(of), 2, 'another message is another answer');
  });

  it('an anonymous vote with an event_id is a key of its own', async () => {
    const of = await twin();
    const anonymous = { trace_id: unique('t'), rater_id: null };
    await bench.cast(of, [anonymous, { ...anonymous, event_id: 'a' }, { ...anonymous, event_id: 'b' }]);
    assert.equal(await bench.pending(of), 3);
    assert.equal((await bench.castOne(of, { ...anonymous, event_id: 'a' })).duplicate, true);
    assert.equal(await retract(of, anonymous.trace_id, null), 'retracted');
    assert.equal(await bench.pending(of), 2, 'a retraction without a rater means the one without an id');
  });

  it("a judge's result replaces no vote, and no vote replaces it", async () => {
    const of = await twin();
    const said = { trace_id: unique('t'), rater_id: null };
    await bench.castOne(of, said);
    await bench.castOne(of, { ...said, source: 'persona_audit', score: -1 });
    await bench.castOne(of, { ...said, source: 'persona_audit', score: -1, event_id: 'j' });
    assert.equal(
      (await bench.castOne(of, { ...said, source: 'persona_audit', score: -1, event_id: 'j' })).duplicate,
      true,
    );
    assert.equal((await bench.castOne(of, said)).duplicate, true);
    assert.equal(await bench.pending(of), 3);
  });

  it('an event_id with another body is refused, with the same body known, for ever', async () => {
    const of = await twin();
    const said = { trace_id: unique('t'), event_id: 'an id, of any characters ☂' };
    await bench.castOne(of, said);
    await bench.castOne(of, { trace_id: said.trace_id, score: -1 });
    const again = await bench.castOne(of, said);
    assert.deepEqual(
      [again.duplicate, again.event_id],
      [true, said.event_id],
      'an old vote sent again changes nothing',
    );
    assert.equal((await rows(of)).length, 2);
    for (const change of [{ score: -1 as const }, { comment: 'c' }, { trace_id: 'other' }, { rater_id: 'other' }]) {
      assert.deepEqual(await bench.cast(of, [{ ...said, ...change }]), [
        { status: 'event_id_reused', event_id: said.event_id },
      ]);
    }
    const other = await twin();
    assert.equal((await bench.castOne(other, { ...said, score: -1 })).duplicate, false, 'unique in a twin');
  });

  it('within a batch later votes see the earlier ones, and a refused one spoils nothing', async () => {
    const of = await twin();
    const trace_id = unique('t');
    const results = await bench.cast(of, [
      { trace_id },
      { trace_id },
      { trace_id, score: -1, event_id: 'e' },
      { trace_id, event_id: 'e' },
      { trace_id, score: -1, event_id: 'e' },
      {},
    ]);
    assert.deepEqual(
      results.map((one) => (one.status === 'stored' ? [one.duplicate, pendingIn(one.learning)] : one.status)),
      [[false, 1], [true, 1], [false, 1], 'event_id_reused', [true, 1], [false, 2]],
    );
    assert.deepEqual(
      (await rows(of)).map((row) => [row.seq, row.score, row.replaces_seq]),
      [
        [1, 1, null],
        [2, -1, 1],
        [3, 1, null],
      ],
    );
  });

  it('an unknown, a deleted and a foreign twin are all unknown, and stay as they are', async () => {
    const [gone, foreign, ours] = [await twin(), await bench.twin({ tenant: 'theirs' }), await twin()];
    await deleteTwin(bench.database, gone, 'key:owner');
    await bench.cast(foreign, [{}], 'later');
    const before = [await bench.state(gone), await bench.state(foreign)];
    for (const learn of ['now', 'later'] as const) {
      const stranger = [vote({ id: 'nobody', tenant_id: 'ours' }), vote(gone), vote({ ...foreign, tenant_id: 'ours' })];
      const results = await recordVotes(bench.database, [...stranger, vote(ours)], DEFAULTS, learn);
      assert.deepEqual(
        results.map((one) => one.status),
        ['unknown_twin', 'unknown_twin', 'unknown_twin', 'stored'],
      );
    }
    assert.deepEqual([await bench.state(gone), await bench.state(foreign)], before);
  });

  it('a change of train_from recounts', async () => {
    const of = await twin();
    const train = (train_from: ('public_share' | 'owner_chat')[] | null) =>
      changePolicy(bench.database, of, 'key:owner', { train_from }, DEFAULTS);
    await bench.cast(of, [{}, { interaction_context: 'public_share' }, { interaction_context: 'public_share' }]);
    const counts: number[] = [];
    for (const contexts of [['public_share'], ['public_share', 'owner_chat'], [], null] as const) {
      await train(contexts === null ? null : [...contexts]);
      counts.push(await bench.pending(of));
    }
    assert.deepEqual(counts, [2, 3, 0, 1]);
    await bench.complete(of, await bench.claim(of));
    await train(['public_share']);
    assert.equal(await bench.pending(of), 0, 'what a run has passed is not news');
  });

  it('an import puts unforced runs off until its last batch, whatever else comes in', async () => {
    const of = await twin();
    const [during] = await bench.cast(of, [{}], 'later');
    assert.ok(during?.status === 'stored' && !during.wake);
    assert.equal((await bench.plan(of)).kind, 'waitUntil');
    await bench.cast(of, [{}], 'unchanged');
    assert.equal((await bench.plan(of)).kind, 'waitUntil');
    const [last] = await bench.cast(of, [{}], 'now');
    assert.ok(last?.status === 'stored' && last.wake);
    assert.equal((await bench.plan(of)).kind, 'run');
  });
});

const pendingIn = (learning: object): unknown => ('pending_events' in learning ? learning.pending_events : null);
