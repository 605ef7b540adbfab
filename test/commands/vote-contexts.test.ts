import assert from 'node:assert/strict';
import { changePolicy } from '../../src/commands/policy.ts';
import { countUntrained } from '../../src/db/learning-facts.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, eagerTwin, ledgerOf, openBench, takenVote, unique, type Bench } from './support.ts';

describe('votes and the contexts that train', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  it('a vote from a context that does not train is stored, and not counted', async () => {
    const of = await eagerTwin(bench);
    const stored = await bench.castOne(of, { interaction_context: 'public_widget' });
    assert.deepEqual([stored.counted, stored.not_counted_reason, stored.wake], [false, 'context_not_trained', false]);
    assert.deepEqual(stored.learning, {
      enqueued: false,
      reason: 'insufficient_events',
      pending_events: 0,
      required_events: 1,
    });
    assert.equal(await bench.pending(of), 0);
    assert.equal((await ledgerOf(bench, of)).length, 1);
  });

  it('a vote of a training context, replaced by one that does not train, is taken back', async () => {
    const of = await eagerTwin(bench);
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id });
    const replaced = await bench.castOne(of, { trace_id, interaction_context: 'public_share' });
    assert.deepEqual([replaced.duplicate, replaced.counted], [false, false]);
    assert.equal(await bench.pending(of), 0);
    await bench.castOne(of, { trace_id });
    assert.equal(await bench.pending(of), 1);
  });

  it('the same of a vote that a run took is pending, and wakes the twin: the evidence has changed', async () => {
    const { of, trace_id } = await takenVote(bench);
    const replaced = await bench.castOne(of, { trace_id, interaction_context: 'public_share' });
    assert.deepEqual([replaced.counted, replaced.wake, replaced.learning.enqueued], [false, true, true]);
    assert.equal(await bench.pending(of), 1);
  });

  it('counts as not counted the votes that stand, each once', async () => {
    const of = await eagerTwin(bench);
    const trace_id = unique('t');
    const open = { trace_id, interaction_context: 'public_share' } as const;
    await bench.cast(of, [
      open,
      { ...open, comment: 'a thumb, then a comment' },
      { interaction_context: 'public_share' },
    ]);
    assert.equal(await countUntrained(bench.database.db, of.id), 2);
    await bench.retract(of, trace_id);
    assert.equal(await countUntrained(bench.database.db, of.id), 1);
  });

  it('a change of train_from recounts', async () => {
    const of = await eagerTwin(bench);
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
});
