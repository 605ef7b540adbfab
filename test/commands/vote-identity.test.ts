import assert from 'node:assert/strict';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, eagerTwin, ledgerOf, openBench, unique, vote, type Bench } from './support.ts';

describe('whose vote it is', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  it('an anonymous vote replaces the anonymous one of its answer', async () => {
    const of = await eagerTwin(bench);
    const anonymous = { trace_id: unique('t'), rater_id: null };
    await bench.castOne(of, anonymous);
    assert.equal((await bench.castOne(of, anonymous)).duplicate, true);
    await bench.castOne(of, { ...anonymous, score: -1 });
    assert.equal(await bench.pending(of), 1);
    await bench.castOne(of, { ...anonymous, message_id: 'm' });
    assert.equal(await bench.pending(of), 2, 'another message is another answer');
  });

  it('an anonymous vote with an event_id is a key of its own', async () => {
    const of = await eagerTwin(bench);
    const anonymous = { trace_id: unique('t'), rater_id: null };
    await bench.cast(of, [anonymous, { ...anonymous, event_id: 'a' }, { ...anonymous, event_id: 'b' }]);
    assert.equal(await bench.pending(of), 3);
    assert.equal((await bench.castOne(of, { ...anonymous, event_id: 'a' })).duplicate, true);
    assert.equal(await bench.retract(of, anonymous.trace_id, null), 'retracted');
    assert.equal(await bench.pending(of), 2, 'a retraction without a rater means the one without an id');
  });

  it("a judge's result replaces no vote, and no vote replaces it", async () => {
    const of = await eagerTwin(bench);
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
    const of = await eagerTwin(bench);
    const said = { trace_id: unique('t'), event_id: 'an id, of any characters ☂' };
    await bench.castOne(of, said);
    await bench.castOne(of, { trace_id: said.trace_id, score: -1 });
    const again = await bench.castOne(of, said);
    assert.deepEqual(
      [again.duplicate, again.event_id],
      [true, said.event_id],
      'an old vote sent again changes nothing',
    );
    assert.equal((await ledgerOf(bench, of)).length, 2);
    for (const change of [{ score: -1 as const }, { comment: 'c' }, { trace_id: 'other' }, { rater_id: 'other' }]) {
      assert.deepEqual(await bench.cast(of, [{ ...said, ...change }]), [
        { status: 'event_id_reused', event_id: said.event_id },
      ]);
    }
    const other = await eagerTwin(bench);
    assert.equal((await bench.castOne(other, { ...said, score: -1 })).duplicate, false, 'unique in a twin');
  });

  it('within a batch later votes see the earlier ones, and a refused one spoils nothing', async () => {
    const of = await eagerTwin(bench);
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
      (await ledgerOf(bench, of)).map((row) => [row.seq, row.score, row.replaces_seq]),
      [
        [1, 1, null],
        [2, -1, 1],
        [3, 1, null],
      ],
    );
  });

  it('an unknown, a deleted and a foreign twin are all unknown, and stay as they are', async () => {
    const [gone, foreign, ours] = [
      await eagerTwin(bench),
      await bench.twin({ tenant: 'theirs' }),
      await eagerTwin(bench),
    ];
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

  it('an import puts unforced runs off until its last batch, whatever else comes in', async () => {
    const of = await eagerTwin(bench);
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
