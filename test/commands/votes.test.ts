import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { assertInvariants } from '../support/invariants.ts';
import { eagerTwin, ledgerOf, openBench, takenVote, unique, type Bench } from './support.ts';

describe('votes and pending_events', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  it('a new vote is pending', async () => {
    const of = await eagerTwin(bench);
    const stored = await bench.castOne(of);
    assert.deepEqual([stored.duplicate, stored.counted, stored.wake], [false, true, true]);
    assert.deepEqual(stored.learning, { enqueued: true, pending_events: 1, required_events: 1 });
    assert.equal(await bench.pending(of), 1);
    assert.notEqual((await bench.state(of)).oldest_pending_at, null);
  });

  it('the same score, reason, comment and answer again is a duplicate, and answers the id of the first', async () => {
    const of = await eagerTwin(bench);
    const said = { trace_id: unique('t'), reason: 'helpful', comment: 'c', answer: 'a' };
    const first = await bench.castOne(of, said);
    const again = await bench.castOne(of, { ...said, query: 'another question', intent_label: 'advice_or_stance' });
    assert.deepEqual([again.duplicate, again.event_id, again.wake], [true, first.event_id, false]);
    assert.equal((await ledgerOf(bench, of)).length, 1);
    assert.equal(await bench.pending(of), 1);
  });

  for (const change of [{ score: -1 as const }, { reason: 'helpful' }, { comment: 'c' }, { answer: 'a' }]) {
    it(`another ${Object.keys(change).join()} replaces, by a row that names the old; pending stays 1`, async () => {
      const of = await eagerTwin(bench);
      const trace_id = unique('t');
      await bench.castOne(of, { trace_id });
      assert.equal((await bench.castOne(of, { trace_id, ...change })).duplicate, false);
      assert.deepEqual(
        (await ledgerOf(bench, of)).map((row) => row.replaces_seq),
        [null, 1],
      );
      assert.equal(await bench.pending(of), 1);
    });
  }

  it('a replacement of a vote that a run took is pending, once', async () => {
    const { of, trace_id } = await takenVote(bench);
    assert.equal((await bench.castOne(of, { trace_id })).duplicate, true);
    assert.equal(await bench.pending(of), 0);
    await bench.castOne(of, { trace_id, score: -1 });
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { trace_id, score: 1 });
    assert.equal(await bench.pending(of), 1, 'back to what the run had seen is a change like any other');
  });

  it('a retraction of a vote that no run took undoes it; again is nothing', async () => {
    const of = await eagerTwin(bench);
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id });
    assert.equal(await bench.retract(of, trace_id), 'retracted');
    assert.equal(await bench.pending(of), 0);
    assert.equal((await bench.state(of)).oldest_pending_at, null);
    assert.equal(await bench.retract(of, trace_id), 'none');
    assert.deepEqual(
      (await ledgerOf(bench, of)).map((row) => [row.score, row.event_type, row.replaces_seq]),
      [
        [1, 'thumb_up', null],
        [0, 'retraction', 1],
      ],
    );
    assert.equal((await bench.castOne(of, { trace_id })).duplicate, false, 'the same vote may come back');
    assert.equal(await bench.pending(of), 1);
  });

  it('a retraction of a vote that a run took is pending, unless its replacement is', async () => {
    const { of, trace_id } = await takenVote(bench);
    await bench.retract(of, trace_id);
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { trace_id, score: -1 });
    await bench.retract(of, trace_id);
    assert.equal(await bench.pending(of), 1);
  });

  it('a retraction keeps no text, and of nobody else', async () => {
    const of = await eagerTwin(bench);
    const trace_id = unique('t');
    await bench.castOne(of, { trace_id, comment: 'c', answer: 'a', query: 'q' });
    assert.equal(await bench.retract(of, trace_id, 'another'), 'none');
    assert.equal(await bench.retract(of, unique('t')), 'none');
    assert.equal(await bench.retract({ ...of, tenant_id: 'theirs' }, trace_id), 'unknown_twin');
    assert.equal(await bench.retract(of, trace_id), 'retracted');
    const [last] = await bench.database.db.execute(sql`
      select comment, answer, query from persona_training_events where twin_id = ${of.id} and seq = 2`);
    assert.deepEqual(last, { comment: null, answer: null, query: null });
  });
});
