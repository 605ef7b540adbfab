import assert from 'node:assert/strict';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { assertInvariants } from '../support/invariants.ts';
import { eventually } from '../support/system.ts';
import { DEFAULTS, openBench, unique, vote, type Bench } from './support.ts';

describe('concurrent votes', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const times = <T>(count: number, work: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, n) => work(n)));

  it('20 identical ones are one row', async () => {
    const twin = await bench.twin();
    const same = { trace_id: unique('t') };
    const results = await times(20, () => bench.castOne(twin, same));
    assert.equal(results.filter((one) => !one.duplicate).length, 1);
    assert.equal(new Set(results.map((one) => one.event_id)).size, 1);
    assert.equal((await bench.state(twin)).last_seq, 1);
  });

  it('20 with one event_id are one row, whoever wins', async () => {
    const twin = await bench.twin();
    const results = await times(20, (n) => bench.cast(twin, [{ event_id: 'e', trace_id: 't', score: n % 2 ? 1 : -1 }]));
    const stored = results.flat().filter((one) => one.status === 'stored');
    assert.equal(stored.filter((one) => !one.duplicate).length, 1);
    assert.deepEqual([stored.length, (await bench.state(twin)).last_seq], [10, 1]);
  });

  it('20 of one key, each another, are 20 rows, each naming the one before, and one pending vote', async () => {
    const twin = await bench.twin();
    await times(20, (n) => bench.castOne(twin, { trace_id: 't', comment: `${n}` }));
    const { last_seq, pending_events } = await bench.state(twin);
    assert.deepEqual([last_seq, pending_events], [20, 1]);
  });

  it('20 retractions of one vote are one', async () => {
    const twin = await bench.twin();
    await bench.castOne(twin, { trace_id: 't' });
    const of = { tenant_id: twin.tenant_id, twin_id: twin.id, trace_id: 't', message_id: '', rater_id: 'rater' };
    const done = await times(20, () => retractVote(bench.database, of));
    assert.equal(done.filter((one) => one === 'retracted').length, 1);
    assert.deepEqual([(await bench.state(twin)).last_seq, await bench.pending(twin)], [2, 0]);
  });

  it('batches over many twins in any order do not deadlock, and lose nothing', async () => {
    const twins = await times(12, () => bench.twin());
    const accepted: { twin_id: string; event_id: string }[] = [];
    await times(24, async (n) => {
      const turned = [...twins.slice(n % 12), ...twins.slice(0, n % 12)];
      const order = n % 2 === 0 ? turned : turned.toReversed();
      const votes = order.map((twin, place) => vote(twin, { trace_id: `${n}-${place}`, rater_id: `r${n}` }));
      const results = await recordVotes(bench.database, votes, DEFAULTS);
      results.forEach((one, place) => {
        assert.ok(one.status === 'stored');
        accepted.push({ twin_id: votes[place]!.twin_id, event_id: one.event_id });
      });
    });
    assert.deepEqual(
      await times(12, (n) => bench.pending(twins[n]!)),
      Array.from({ length: 12 }, () => 24),
    );
    await assertInvariants(bench, { accepted });
  });

  it('a claim among them takes each vote into exactly one run', async () => {
    const twin = await bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
    await bench.castOne(twin);
    let runs = 0;
    const loop = async () => {
      while ((await bench.state(twin)).claimed_seq < 41) {
        const plan = await bench.plan(twin);
        if (plan.kind !== 'run') continue;
        runs += 1;
        await bench.complete(twin, plan.jobId);
      }
    };
    const votes = async () => {
      await times(20, () => bench.castOne(twin));
      // At least one claim stands between the two halves, whichever of them it fell among.
      await eventually('a first run', async () => runs > 0);
      await times(20, () => bench.castOne(twin));
    };
    await Promise.all([loop(), votes()]);
    assert.ok(runs > 1, `${runs} runs`);
    assert.equal(await bench.pending(twin), 0);
  });
});
