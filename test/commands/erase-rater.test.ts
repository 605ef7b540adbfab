import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { eraseRater, previewErasure, type ErasureRequest } from '../../src/commands/erase-rater.ts';
import { removeRater } from '../../src/commands/remove-rater.ts';
import { voteKey } from '../../src/commands/vote-key.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { updateFencedJob } from '../../src/db/open-jobs.ts';
import { recordPrompt } from '../../src/db/prompts.ts';
import { addCase } from '../../src/db/regression-cases.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { regressionCaseSchema } from '../../src/gate/types.ts';
import { sha256 } from '../../src/learning/canonical.ts';
import { holdCandidate } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { CANARY, NONE, RATER, rowsWith, said } from './rater-to-erase.ts';
import { openBench, TENANT, unique, type Bench } from './support.ts';

describe('erasing a rater', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(async () => {
    await assertInvariants(bench);
    // Whatever a test left of the rater is not the next one's.
    await erase();
    await erase({ tenant_id: 'theirs' });
  });

  const erase = (more: Partial<ErasureRequest> = {}) =>
    eraseRater(bench.database, { tenant_id: TENANT, rater_id: RATER, actor: 'key:owner', ...more });

  const rowsHolding = (...texts: string[]) => rowsWith(bench.database.db, texts);
  const ask = (twin: TwinRef, trace_id: string, query: string) =>
    recordPrompt(bench.database.db, twin, {
      trace_id,
      query,
      spec_version: '1.0.0',
      content_hash: 'h',
      intent_label: 'advice_or_stance',
      channel: 'owner',
      interaction_context: 'owner_chat',
      modules: [],
    });
  const receipts = () =>
    bench.database.db.execute<{ detail: unknown }>(
      sql`select detail from audit_log where tenant_id = ${TENANT} and action = 'rater.erased' order by id`,
    );

  it('leaves no column of any table with what they were called, wrote or could be found by', async () => {
    const twin = await bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
    // Others know the first one's trace too, and may keep it.
    const [first, second] = [said({ trace_id: unique('shared') }), said({ message_id: '' })];
    await ask(twin, first.trace_id!, `${CANARY} asked first`);
    // A vote that was replaced, one that a run has taken, one that stands, a judge's, and one of an import.
    await bench.cast(twin, [first, { ...first, event_id: `${CANARY}-again`, score: 1 }, second]);
    await bench.complete(twin, await bench.claim(twin));
    await bench.cast(twin, [said({ source: 'manual_import' }), said({ source: 'persona_audit' })]);
    await bench.cast(twin, [
      { rater_id: 'bob', trace_id: first.trace_id!, query: first.query!, comment: 'his own' },
      { rater_id: 'bob', query: 'another question' },
    ]);
    const removed = await bench.twin();
    await bench.cast(removed, [said(), said()]);
    await removeRater(bench.database, removed, RATER, 'key:owner');
    await llmAnswerStore(bench.database.db, twin).write('key', `someone wrote: ${first.comment!}`);
    const report = (event_ids: string[]) => [
      { name: 'lineage', status: 'pass', detail: '' } as const,
      { name: 'replay_liked', status: 'pass', detail: '', data: { liked: 1, event_ids } } as const,
    ];
    const held = await holdCandidate(bench.database, twin.id, { checks: report(['bobs', second.event_id!]) });
    await bench.database.db.execute(sql`
      update persona_feedback_learning_runs set gate_report = ${JSON.stringify(held.gate_report)}::jsonb
      where twin_id = ${twin.id}`);
    const key = voteKey({ ...first, event_id: null } as Parameters<typeof voteKey>[0]);
    const traces = [CANARY, sha256(RATER), key];
    assert.deepEqual(Object.keys(await rowsHolding(...traces)).toSorted(), [
      'audit_log',
      'llm_answers',
      'persona_feedback_learning_runs',
      'persona_specs',
      'persona_training_events',
      'prompt_traces',
    ]);
    const preview = await previewErasure(bench.database, TENANT, RATER);
    const before = await bench.state(twin);

    const { pseudonym, ...receipt } = await erase();
    assert.deepEqual(receipt, {
      twins: 2,
      // Of the first twin four keys stand, of the other none any more.
      retracted: 4,
      // With the retractions of both twins.
      erased: { votes: 5 + 4 + 4, texts: 7, traces: 1, copies: 1, llm_answers: 1, reports: 2, audit: 1 },
      cases_to_review: [],
      remaining: 0,
      new_votes: 0,
    });
    assert.deepEqual(preview, {
      twins: receipt.twins,
      retracted: receipt.retracted,
      cases_to_review: [],
      erased: { ...receipt.erased, votes: 5 + 4 },
    });
    assert.deepEqual(await rowsHolding(...traces), {});
    assert.match(pseudonym, /^erased:[0-9a-f-]{36}$/);
    assert.deepEqual((await receipts()).at(-1)?.detail, { pseudonym, ...receipt });
    const after = await bench.state(twin);
    assert.equal(after.last_seq, before.last_seq + 4);
    const rows = await bench.database.db.execute<{ rater_id: string; comment: string; query: string }>(sql`
      select rater_id, comment, query from persona_training_events where twin_id = ${twin.id} and rater_id = 'bob'
      order by seq`);
    assert.deepEqual(
      [...rows],
      [
        { rater_id: 'bob', comment: 'his own', query: null },
        { rater_id: 'bob', comment: null, query: 'another question' },
      ],
    );
    const [named] = await bench.database.db.execute<{ known: boolean; first: string }>(sql`
      select ids ->> 0 as first, exists (select from persona_training_events e
        where e.twin_id = ${twin.id} and e.event_id = ids ->> 1) as known
      from (select gate_report #> '{checks,1,data,event_ids}' as ids from persona_specs
        where twin_id = ${twin.id} and version = ${held.version}) s`);
    assert.deepEqual(named, { first: 'bobs', known: true }, 'a report names the votes as the ledger does');
  });

  it('again is nothing, and says that nothing is stored', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [said()]);
    await erase();
    const { last_seq } = await bench.state(twin);
    const { pseudonym: _pseudonym, ...again } = await erase();
    assert.deepEqual(again, {
      twins: 0,
      retracted: 0,
      erased: NONE,
      cases_to_review: [],
      remaining: 0,
      new_votes: 0,
    });
    assert.equal((await bench.state(twin)).last_seq, last_seq);
  });

  it('broken off between two twins gives no receipt, and does the rest when it is said again', async () => {
    const twins = [await bench.twin(), await bench.twin(), await bench.twin()];
    for (const twin of twins) await bench.cast(twin, [said(), said()]);
    const before = (await receipts()).length;
    let done = 0;
    const erasedIn = () => {
      if ((done += 1) === 2) throw new Error('killed');
    };
    await assert.rejects(erase({ erasedIn }), /killed/);
    assert.equal((await receipts()).length, before, 'half of it is not reported as done');
    assert.equal((await rowsHolding(RATER))['persona_training_events'], 2);
    await assertInvariants(bench);

    const rest = await erase();
    assert.deepEqual([rest.twins, rest.retracted, rest.remaining], [1, 2, 0]);
    assert.deepEqual(await rowsHolding(CANARY), {});
    // Each twin's own row says what was done there, also of the attempt that was broken off.
    const perTwin = await bench.database.db.execute<{ votes: number }>(sql`
      select (detail #>> '{erased,votes}')::int as votes from audit_log
      where action = 'rater.erase' and twin_id in ${twins.map(({ id }) => id)}`);
    assert.deepEqual(
      perTwin.map(({ votes }) => votes),
      [4, 4, 4],
    );
  });

  it('a twin is erased whole or not at all', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [said()]);
    const { db } = bench.database;
    await db.execute(sql`create function fails() returns trigger language plpgsql as
      'begin if new.action = ''rater.erase'' then raise ''killed''; end if; return new; end'`);
    await db.execute(sql`create trigger fails before insert on audit_log for each row execute function fails()`);
    const before = await bench.state(twin);
    await assert.rejects(erase());
    await db.execute(sql`drop trigger fails on audit_log`);
    assert.deepEqual(await bench.state(twin), before);
    assert.equal((await rowsHolding(RATER))['persona_training_events'], 1);
  });

  it('races with votes of the same rater: each is erased, or new and said to be', async () => {
    const twins = [await bench.twin(), await bench.twin()];
    for (const twin of twins) await bench.cast(twin, [said(), said()]);
    const [receipt] = await Promise.all([
      erase(),
      ...Array.from({ length: 30 }, (_, n) => bench.cast(twins[n % 2]!, [said()])),
    ]);
    assert.equal(receipt.remaining, 0);
    const rows = await bench.database.db.execute<{ erased: boolean; seq: number; twin_id: string }>(sql`
      select rater_id like 'erased:%' as erased, seq::int, twin_id from persona_training_events
      where twin_id in ${twins.map(({ id }) => id)}`);
    const fresh = rows.filter(({ erased }) => !erased);
    assert.ok(receipt.new_votes <= fresh.length);
    for (const { id } of twins) {
      const of = rows.filter(({ twin_id }) => twin_id === id);
      const lastErased = Math.max(...of.filter(({ erased }) => erased).map(({ seq }) => seq));
      assert.ok(of.every(({ erased, seq }) => erased || seq > lastErased));
    }
    const rest = await erase();
    assert.deepEqual([rest.retracted, rest.new_votes], [fresh.length, 0]);
    assert.deepEqual(await rowsHolding(RATER), {});
  });

  it('two erasures at once find each row once', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [said(), said(), said()]);
    const both = await Promise.all([erase(), erase()]);
    assert.deepEqual(new Set(both.map(({ retracted }) => retracted)), new Set([0, 3]));
    assert.deepEqual(
      both.map(({ remaining }) => remaining),
      [0, 0],
    );
  });

  it('forgets the event ids: a vote that is sent once more is a new one', async () => {
    const twin = await bench.twin();
    const vote = said();
    await bench.castOne(twin, vote);
    await erase();
    assert.equal(await bench.pending(twin), 0);
    const again = await bench.castOne(twin, vote);
    assert.deepEqual([again.duplicate, await bench.pending(twin)], [false, 1]);
  });

  it('reaches a deleted twin that is not purged yet, and nobody else’s tenant', async () => {
    const [gone, foreign] = [await bench.twin(), await bench.twin({ tenant: 'theirs' })];
    await bench.cast(gone, [said()]);
    await bench.cast(foreign, [said()]);
    await deleteTwin(bench.database, gone, 'key:owner');
    const { twins, retracted, erased } = await erase();
    assert.deepEqual([twins, retracted, erased.votes], [1, 0, 1]);
    assert.equal((await rowsHolding(RATER))['persona_training_events'], 1);
    assert.equal(await bench.pending(foreign), 1);
  });

  it('fences the attempt under way, which has read the texts, and keeps no answer of a model to them', async () => {
    const twin = await bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
    await bench.cast(twin, [said()]);
    const job = await bench.claim(twin);
    const { db } = bench.database;
    await db.execute(sql`update jobs set epoch = 100 where id = ${job}`);
    const asking = llmAnswerStore(db, twin);
    await erase();
    await asking.write('key', `${CANARY} wrote`);
    assert.deepEqual(await rowsHolding(CANARY), {});
    assert.equal(await db.transaction((tx) => updateFencedJob(tx, job, 100, { step: 'gate' })), false);
    await bench.complete(twin, job);
  });

  it('names the regression cases that repeat the rater word for word, and leaves them to their owner', async () => {
    const twin = await bench.twin();
    const vote = said();
    await bench.cast(twin, [vote]);
    for (const [id, query] of [
      ['copied', vote.query!],
      ['own', 'why?'],
    ] as const) {
      const body = regressionCaseSchema.parse({ id, intent_label: 'advice_or_stance', query });
      await addCase(bench.database, twin, 'key:owner', body);
    }
    const named = [{ twin_id: twin.id, case_id: 'copied' }];
    assert.deepEqual((await previewErasure(bench.database, TENANT, RATER)).cases_to_review, named);
    assert.deepEqual((await erase()).cases_to_review, named);
    assert.deepEqual(Object.keys(await rowsHolding(CANARY)), ['regression_cases']);
    await bench.database.db.execute(sql`delete from regression_cases where twin_id = ${twin.id}`);
  });

  it('gives no receipt while a row is left', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [said()]);
    const { db } = bench.database;
    await db.execute(sql`create function stays() returns trigger language plpgsql as 'begin return null; end'`);
    await db.execute(
      sql`create trigger stays before update on persona_training_events for each row execute function stays()`,
    );
    const before = (await receipts()).length;
    await assert.rejects(erase(), /2 rows of a rater are left/);
    assert.equal((await receipts()).length, before);
    await db.execute(sql`drop trigger stays on persona_training_events`);
  });
});
