import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { clearVeto } from '../../src/commands/policy.ts';
import { rejectSpec } from '../../src/commands/reject-spec.ts';
import { readRatedAnswers } from '../../src/db/gate-data.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { readVetoes } from '../../src/db/learning-facts.ts';
import {
  createSnapshot,
  readSnapshotEvents,
  readSnapshotSpecs,
  readSnapshotTexts,
  readVetoesAt,
  type SnapshotRow,
} from '../../src/db/snapshots.ts';
import { countRange } from '../../src/db/ledger.ts';
import { canonicalVotes, HORIZON_DAYS } from '../../src/learning/canonical.ts';
import { openBench, type Bench } from '../commands/support.ts';
import { holdCandidate } from '../support/candidate.ts';

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);

describe('snapshots', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const take = () => createSnapshot(bench.database.db, 'ours');
  const eventsOf = (snapshot: SnapshotRow) => readSnapshotEvents(bench.database.db, snapshot, HORIZON_DAYS);
  /** Event ids of the votes that count, each with how old it is at the snapshot, in whole hours. */
  const counted = async (snapshot: SnapshotRow) => {
    const as_of = snapshot.as_of.getTime();
    const votes = canonicalVotes(await eventsOf(snapshot), as_of);
    return votes.map((vote) => `${vote.event_id} ${Math.floor((as_of - vote.occurred_at) / HOUR)}`);
  };

  it('the vote that came in last counts, whatever time it names', async () => {
    const twin = await bench.twin();
    await bench.castOne(twin, { trace_id: 't', event_id: 'first', occurred_at: ago(HOUR) });
    await bench.castOne(twin, { trace_id: 't', event_id: 'last', occurred_at: ago(5.5 * HOUR), score: -1 });
    assert.deepEqual(await counted(await take()), ['last 5']);
    await bench.retract(twin, 't');
    assert.deepEqual(await counted(await take()), []);
  });

  it('reads every row once, of long ledgers and of many short ones', async () => {
    const twins = await Promise.all(Array.from({ length: 6 }, () => bench.twin()));
    const lengths = [10_001, 4_000, 0, 20_000, 9_999, 1];
    for (const [index, twin] of twins.entries()) {
      if (lengths[index] === 0) continue;
      await bench.castOne(twin, { trace_id: 'first' });
      await bench.database.db.execute(sql`
        insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id, vote_key,
          score, body_hash, interaction_context, intent_label, channel, modules, occurred_at)
        select twin_id, tenant_id, n, 'bulk-' || n, source, event_type, 'bulk-' || n, 'bulk-' || n,
          score, body_hash, interaction_context, intent_label, channel, modules, occurred_at
        from persona_training_events, generate_series(2, ${lengths[index]}::int) n where twin_id = ${twin.id} and seq = 1`);
      await bench.database.db.execute(
        sql`update twin_state set last_seq = ${lengths[index]}::int where twin_id = ${twin.id}`,
      );
    }
    const snapshot = await take();
    await bench.castOne(twins[5]!, { trace_id: 'later' });
    const read = await eventsOf(snapshot);
    const numbers = twins.map(({ id }) => read.filter((event) => event.twin_id === id).map(({ seq }) => seq));
    assert.deepEqual(
      numbers.map((of) => of.length),
      lengths,
    );
    for (const of of numbers) assert.equal(new Set(of).size, of.length);
  });

  it("a vote whose sender's clock is ahead counts in the run that takes it, as of now; so does its retraction", async () => {
    const twin = await bench.twin();
    await bench.castOne(twin, { trace_id: 't', event_id: 'ahead', occurred_at: ago(-4 * 60_000) });
    assert.deepEqual(await counted(await take()), ['ahead 0']);
    await bench.retract(twin, 't');
    assert.deepEqual(await counted(await take()), []);
  });

  it('a vote from a context that does not train counts for nothing, but has replaced', async () => {
    const twin = await bench.twin();
    await bench.castOne(twin, { trace_id: 't', event_id: 'owner' });
    const snapshot = await take();
    await bench.castOne(twin, { trace_id: 't', event_id: 'public', interaction_context: 'public_widget' });
    assert.deepEqual(await counted(await take()), []);
    assert.deepEqual(await counted(snapshot), ['owner 0'], 'a snapshot keeps what it names');
  });

  it('what came in over a year ago is not read', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [{ event_id: 'old' }, { event_id: 'new' }]);
    await bench.database.db.execute(sql`
      update persona_training_events set created_at = now() - interval '367 days', occurred_at = now() - interval '367 days'
      where event_id = 'old'`);
    assert.deepEqual(
      (await eventsOf(await take())).map((event) => event.event_id),
      ['new'],
    );
  });

  it("gives one twin's texts, the same whatever comes in later, and nothing of a judge", async () => {
    const [twin, other] = [await bench.twin(), await bench.twin()];
    const said = { score: -1 as const, reason: 'off_topic', comment: 'Not what I asked.', answer: 'Something else.' };
    await bench.castOne(twin, { trace_id: 'a', event_id: 'first', ...said });
    await bench.castOne(twin, { trace_id: 'b', event_id: 'public', interaction_context: 'public_widget', ...said });
    await bench.castOne(twin, { trace_id: 'c', event_id: 'judge', source: 'persona_audit', ...said });
    await bench.castOne(other, { trace_id: 'd', event_id: 'other', ...said });
    const snapshot = await take();
    const texts = async () =>
      (await readSnapshotTexts(bench.database.db, snapshot, twin.id, HORIZON_DAYS)).toSorted((a, b) => a.seq - b.seq);
    const before = await texts();
    await bench.castOne(twin, { trace_id: 'a', event_id: 'second' });
    await bench.retract(twin, 'b');
    assert.deepEqual(await texts(), before);
    assert.deepEqual(
      before.map(({ event_id, kind, score, reason, comment, answer }) => [
        event_id,
        kind,
        score,
        reason,
        comment,
        answer,
      ]),
      [
        ['first', 'vote', -1, said.reason, said.comment, said.answer],
        ['public', 'retraction', 0, said.reason, said.comment, said.answer],
      ],
    );
    assert.ok(before.every(({ occurred_at }) => occurred_at <= snapshot.as_of.getTime()));
  });

  it('gives the newest answers alone, within their number and their length', async () => {
    const twin = await bench.twin();
    for (const name of ['a', 'b', 'c', 'd']) await bench.castOne(twin, { trace_id: name, answer: name.repeat(10) });
    const snapshot = await take();
    const { db } = bench.database;
    for (const [limits, expected] of [
      [{ answers: 9, bytes: 999 }, ['a', 'b', 'c', 'd']],
      [{ answers: 2, bytes: 999 }, ['c', 'd']],
      [{ answers: 9, bytes: 39 }, ['b', 'c', 'd']],
    ] as const) {
      const rules = await readSnapshotTexts(db, snapshot, twin.id, HORIZON_DAYS, limits);
      assert.equal(rules.length, 4, 'the votes are there all the same');
      const replay = await readRatedAnswers(db, twin.id, limits);
      for (const rows of [rules, replay]) {
        const first = rows.flatMap(({ answer }) => (answer === null ? [] : [answer.slice(0, 1)]));
        assert.deepEqual(first.sort(), expected);
      }
    }
  });

  it("holds the tenant's living twins, as they were", async () => {
    const [twin, gone, later] = [await bench.twin(), await bench.twin(), await bench.twin()];
    const stranger = await bench.twin({ tenant: 'theirs' });
    for (const one of [twin, gone, stranger]) await bench.castOne(one, { event_id: `of ${one.id}` });
    await deleteTwin(bench.database, gone, 'key:owner');
    const snapshot = await take();
    await bench.castOne(later, { event_id: 'late' });
    assert.deepEqual(await counted(snapshot), [`of ${twin.id} 0`]);
    assert.deepEqual(snapshot.seqs, { [twin.id]: 1, [later.id]: 0 });
    assert.deepEqual(
      [...(await readSnapshotSpecs(bench.database.db, snapshot)).keys()].sort(),
      [twin.id, later.id].sort(),
    );
  });

  it('knows the vetoes of its instant, whatever is vetoed or cleared later', async () => {
    const twin = await bench.twin();
    const { db } = bench.database;
    const before = await take();
    const held = await holdCandidate(bench.database, twin.id);
    await rejectSpec(bench.database, twin, held.version, 'key:owner');
    const during = await take();
    const [veto] = await readVetoes(db, twin.id);
    await clearVeto(bench.database, twin, 'key:owner', veto!.id);
    const after = await take();
    const known = await Promise.all(
      [before, during, after].map(async ({ as_of }) => (await readVetoesAt(db, twin.id, as_of)).length),
    );
    assert.deepEqual(known, [0, 1, 0]);
  });

  it('a range counts its rows, and those that stand in it', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [
      { trace_id: 'a' },
      { trace_id: 'a', score: -1 },
      { trace_id: 'b' },
      { trace_id: 'c', interaction_context: 'public_share' },
      { trace_id: 'b', score: -1 },
    ]);
    const range = (from: number, to: number) => countRange(bench.database.db, twin.id, from, to);
    assert.deepEqual(await range(0, 5), { scanned: 5, processed: 2 });
    assert.deepEqual(
      await range(0, 3),
      { scanned: 3, processed: 2 },
      'what came after the range has replaced nothing in it',
    );
    assert.deepEqual(await range(3, 3), { scanned: 0, processed: 0 });
  });
});
