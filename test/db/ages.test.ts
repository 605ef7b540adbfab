import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { eraseOld } from '../../src/activities/erase-by-age.ts';
import { AGE_BATCH, findTwinsWithOldTexts, findTwinsWithOldVotes } from '../../src/db/ages.ts';
import { listVotes } from '../../src/db/feedback-list.ts';
import { recordPrompt } from '../../src/db/prompts.ts';
import { createSnapshot } from '../../src/db/snapshots.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { HORIZON_DAYS } from '../../src/learning/canonical.ts';
import { assertInvariants } from '../support/invariants.ts';
import { eagerTwin, ledgerOf, openBench, type Bench, type Cast } from '../commands/support.ts';

const RETENTION = { textDays: 180, voteDays: HORIZON_DAYS + 1 };
const TEXTS = { comment: 'a comment', query: 'a question', answer: 'an answer' };

describe('ages of the ledger', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const run = (most?: number) =>
    eraseOld({ database: bench.database, textRetentionDays: 180 }, () => {}, most).then(
      ({ more: _more, ...rows }) => rows,
    );
  const erased = (rows: Partial<Awaited<ReturnType<typeof run>>>) => ({
    texts: 0,
    votes: 0,
    queries: 0,
    answers: 0,
    ...rows,
  });
  /** Makes all that a twin has now older by days. */
  const age = async ({ id }: TwinRef, days: number) => {
    const past = sql`make_interval(days => ${days})`;
    const { db } = bench.database;
    await db.execute(sql`update persona_training_events
      set created_at = created_at - ${past}, occurred_at = occurred_at - ${past} where twin_id = ${id}`);
    await db.execute(sql`update prompt_traces set created_at = created_at - ${past} where twin_id = ${id}`);
    await db.execute(sql`update twin_state set oldest_text_at = oldest_text_at - ${past},
      oldest_vote_at = oldest_vote_at - ${past}, oldest_pending_at = oldest_pending_at - ${past} where twin_id = ${id}`);
  };
  /** A twin whose votes a run has taken. */
  const taken = async (votes: readonly Cast[]) => {
    const twin = await eagerTwin(bench);
    await bench.cast(twin, votes);
    await bench.complete(twin, await bench.claim(twin));
    return twin;
  };
  const seqs = async (twin: TwinRef) => (await ledgerOf(bench, twin)).map(({ seq }) => seq);
  const textsOf = async (twin: TwinRef) => {
    const { items } = await listVotes(bench.database.db, twin.id, {}, { limit: 100 });
    return items.map(({ comment, query, answer }) => [comment, query, answer].filter((text) => text !== null).length);
  };
  const well = () => assertInvariants({ database: bench.database });

  it('texts go after 180 days, those of waiting votes too; the votes stay and count', async () => {
    const twin = await taken([{ trace_id: 'a', ...TEXTS }]);
    await bench.castOne(twin, { trace_id: 'b', reason: 'incorrect', score: -1, ...TEXTS });
    await age(twin, 179);
    assert.deepEqual(await run(), erased({}));
    await age(twin, 1);
    await bench.castOne(twin, { trace_id: 'new', ...TEXTS });
    assert.deepEqual(await run(), erased({ texts: 2 }));
    assert.deepEqual(await textsOf(twin), [3, 0, 0]);
    assert.equal(await bench.pending(twin), 2);
    assert.deepEqual(await run(), erased({}));
    await well();
  });

  it('a vote that says again what was erased is no duplicate of another text', async () => {
    const twin = await taken([{ trace_id: 'a', event_id: 'e', ...TEXTS }]);
    await age(twin, 181);
    await run();
    const [again] = await bench.cast(twin, [{ trace_id: 'a', event_id: 'e', ...TEXTS }]);
    assert.equal(again?.status === 'stored' && again.duplicate, true, 'its id is known by its hash');
    await bench.castOne(twin, { trace_id: 'a', ...TEXTS });
    assert.deepEqual(await textsOf(twin), [3, 0]);
    await well();
  });

  it('recorded questions go with the texts, of each tenant after its own days', async () => {
    const { db } = bench.database;
    const [ours, theirs] = [await bench.twin(), await bench.twin({ tenant: 'theirs' })];
    const trace = {
      spec_version: '1.0.0',
      content_hash: 'h',
      intent_label: 'advice_or_stance',
      channel: 'owner',
      interaction_context: 'owner_chat',
      modules: [],
      query: 'a question',
    } as const;
    for (const twin of [ours, theirs]) {
      for (const trace_id of ['old', 'young']) assert.ok(await recordPrompt(db, twin, { ...trace, trace_id }));
      await bench.castOne(twin, TEXTS);
      await age(twin, 91);
    }
    await db.execute(sql`update prompt_traces set created_at = now() where trace_id = 'young'`);
    assert.deepEqual(await run(), erased({}));
    await db.execute(sql`update tenants set text_retention_days = 90 where id = 'theirs'`);
    assert.deepEqual(await run(), erased({ texts: 1, queries: 1 }));
    const left = await db.execute<{ tenant_id: string; trace_id: string }>(sql`
      select tenant_id, trace_id from prompt_traces where query is not null order by tenant_id, trace_id`);
    assert.deepEqual(
      left.map(({ tenant_id, trace_id }) => `${tenant_id} ${trace_id}`),
      ['ours old', 'ours young', 'theirs young'],
    );
    assert.deepEqual([await textsOf(ours), await textsOf(theirs)], [[3], [0]]);
  });

  it('votes are deleted after a year, in the order of the ledger and never before a run took them', async () => {
    const twin = await taken([{ trace_id: 'a' }, { trace_id: 'b', ...TEXTS }]);
    await bench.castOne(twin, { trace_id: 'waits', ...TEXTS });
    await age(twin, 365);
    assert.deepEqual(await run(), erased({ texts: 2 }));
    await age(twin, 1);
    assert.deepEqual(await run(), erased({ votes: 2 }));
    assert.deepEqual(await seqs(twin), [3]);
    assert.equal(await bench.pending(twin), 1);
    await well();
    await bench.complete(twin, await bench.claim(twin));
    assert.deepEqual(await run(), erased({ votes: 1 }));
    assert.deepEqual(await seqs(twin), []);
    await bench.castOne(twin, { trace_id: 'a' });
    assert.deepEqual(await seqs(twin), [4], 'numbers go on');
    await well();
  });

  it('a replacement of a vote that is deleted stands by itself; what only took one back waits no longer', async () => {
    const twin = await taken([{ trace_id: 'replaced' }, { trace_id: 'retracted' }]);
    await age(twin, 366);
    await bench.castOne(twin, { trace_id: 'replaced', score: -1 });
    await bench.retract(twin, 'retracted');
    assert.equal(await bench.pending(twin), 2);
    assert.deepEqual(await run(), erased({ votes: 2 }));
    assert.equal(await bench.pending(twin), 1, 'the retraction takes nothing out of evidence any more');
    await well();
    const [change] = await bench.cast(twin, [{ trace_id: 'replaced', score: 1 }]);
    assert.equal(change?.status, 'stored');
    await bench.retract(twin, 'retracted');
    await bench.fail(twin, await bench.claim(twin));
    await well();
    assert.equal(await bench.pending(twin), 1);
  });

  it('nothing of a twin at work, nor what a snapshot of its tenant reads, nor what a probation compares with', async () => {
    const { db } = bench.database;
    const [twin, working] = [await taken([TEXTS]), await taken([TEXTS])];
    for (const one of [twin, working]) await age(one, 370);
    await bench.castOne(working);
    const jobId = await bench.claim(working);
    const snapshot = await createSnapshot(db, 'ours');
    await db.execute(sql`update learning_snapshots set as_of = now() - interval '5 days' where id = ${snapshot.id}`);
    await db.execute(
      sql`update persona_feedback_learning_runs set snapshot_id = ${snapshot.id} where job_id = ${jobId}`,
    );
    assert.deepEqual(await run(), erased({ texts: 1 }));
    await bench.fail(working, jobId);
    assert.deepEqual(await run(), erased({ texts: 1, votes: 2 }));

    const watched = await taken([{}]);
    await age(watched, 370);
    const until = (interval: string) =>
      db.execute(
        sql`update twin_state set probation_until = now() + ${interval}::interval where twin_id = ${watched.id}`,
      );
    await db.execute(sql`
      update persona_specs set published_at = now() - interval '5 days' where twin_id = ${watched.id}`);
    await until('9 days');
    assert.deepEqual(await run(), erased({}));
    await until('-1 second');
    assert.deepEqual(await run(), erased({ votes: 1 }));
    await well();
  });

  it('goes by batches, stops at its bound and goes on in the next sweep', async () => {
    const twin = await taken([{}]);
    await bench.database.db.execute(sql`
      insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id, vote_key,
        score, body_hash, interaction_context, intent_label, channel, modules, occurred_at, comment)
      select twin_id, tenant_id, 1 + n, 'bulk-' || n, source, event_type, 'bulk-' || n, 'bulk-' || n,
        score, body_hash, interaction_context, intent_label, channel, modules, occurred_at, 'text'
      from persona_training_events, generate_series(1, ${2 * AGE_BATCH}) n where twin_id = ${twin.id}`);
    await bench.database.db.execute(sql`update twin_state set last_seq = ${1 + 2 * AGE_BATCH},
      claimed_seq = ${1 + 2 * AGE_BATCH} where twin_id = ${twin.id}`);
    await age(twin, 366);
    assert.deepEqual(await run(1), erased({ texts: AGE_BATCH - 1, votes: AGE_BATCH }));
    assert.deepEqual(await run(), erased({ texts: AGE_BATCH + 1, votes: AGE_BATCH + 1 }));
    assert.deepEqual(await seqs(twin), []);
  });

  it('a twin is looked at when something of it may be due, and then no more', async () => {
    const { db } = bench.database;
    const due = async () =>
      [...(await findTwinsWithOldTexts(db, RETENTION, 100)), ...(await findTwinsWithOldVotes(db, RETENTION, 100))].map(
        ({ twin_id }) => twin_id,
      );
    const [old, young] = [await taken([{}]), await taken([{}])];
    const unknown = await taken([{}]);
    await db.execute(sql`update twin_state set oldest_text_at = 'epoch', oldest_vote_at = 'epoch'
      where twin_id = ${unknown.id}`);
    await age(young, 100);
    await age(old, 200);
    assert.deepEqual(await due(), [unknown.id, old.id, unknown.id]);
    await run();
    assert.deepEqual(await due(), []);
    await age(young, 79);
    await age(old, 165);
    assert.deepEqual(await due(), [], 'a day before');
    await age(young, 1);
    await age(old, 1);
    assert.deepEqual(await due(), [young.id, old.id]);
    assert.deepEqual(await run(), erased({ votes: 1 }));
    assert.deepEqual(await due(), []);
  });
});
