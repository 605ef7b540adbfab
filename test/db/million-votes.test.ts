import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { eraseOld } from '../../src/activities/erase-by-age.ts';
import { planTwin } from '../../src/commands/plan.ts';
import { readLearning, statusOf } from '../../src/commands/learning-view.ts';
import { readRuleEvidence } from '../../src/commands/rule-evidence.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { readTenantEvidence } from '../../src/commands/tenant-evidence.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { listVotes } from '../../src/db/feedback-list.ts';
import { readRatedAnswers, readRecordedQuestions } from '../../src/db/gate-data.ts';
import { findJob, listJobs } from '../../src/db/jobs.ts';
import { countRange } from '../../src/db/ledger.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { readTwinsOfTraces, recordPrompt } from '../../src/db/prompts.ts';
import { createSnapshot } from '../../src/db/snapshots.ts';
import { readProbationStreams } from '../../src/db/probation.ts';
import { readActiveSpec } from '../../src/db/spec-writes.ts';
import { findSweepCandidates } from '../../src/db/sweep.ts';
import { listTwins, readTwin } from '../../src/db/twins.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import type { LearningStatus } from '../../src/learning/state.ts';
import { BENCH_CONNECTIONS, DEFAULTS, openBench, unique, vote, type Bench } from '../commands/support.ts';
import { fillLedger } from '../support/many-votes.ts';
import { BULK, fillDatabase } from '../support/million-votes.ts';

/** A tenant and a twin of the bulk: one of its neighbours has votes that wait. */
const BULK_TWIN: TwinRef = { id: 'bulk-00007', tenant_id: 'bulk-8' };

describe('what is read with a million votes of 20,000 twins', () => {
  let bench: Bench;
  let twin: TwinRef;
  let jobId: string;
  before(async function () {
    this.timeout(120_000);
    bench = await openBench();
    await fillDatabase(bench.database.db);
    twin = await bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
    await bench.cast(
      twin,
      Array.from({ length: 20 }, () => ({ answer: 'an answer', query: 'a question' })),
    );
    jobId = await bench.claim(twin);
  });
  after(() => bench.close());

  interface Reads extends Record<string, unknown> {
    readonly table: string;
    readonly scans: number;
    readonly rows: number;
  }
  /** Sequential scans of the big tables, and rows and index entries read of them, since the beginning. */
  const reads = () =>
    bench.database.db.execute<Reads>(sql`
      select t.relname as "table", t.seq_scan::int as scans,
        (t.seq_tup_read + coalesce(t.idx_tup_fetch, 0) + coalesce(
          (select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid), 0))::int as rows
      from pg_stat_user_tables t join pg_class c on c.oid = t.relid where c.reltuples >= ${BULK.twins}`);

  /** What others have read comes into the statistics now, and not in the midst of what is measured. */
  const settle = () =>
    Promise.all(
      Array.from({ length: BENCH_CONNECTIONS }, () =>
        bench.database.db.execute(sql`select pg_stat_force_next_flush(), pg_sleep(.02)`),
      ),
    );

  /** Does the work on a connection of its own, which says what it read; `most` rows of all big tables together. */
  async function costs(most: number, work: (database: OpenDatabase) => Promise<unknown>): Promise<void> {
    const own = openDatabase(bench.url, { max: 1 });
    try {
      await settle();
      const before = new Map((await reads()).map((row) => [row.table, row]));
      assert.ok(before.has('persona_training_events') && before.has('prompt_traces'));
      await work(own);
      await own.db.execute(sql`select pg_stat_force_next_flush()`);
      await own.db.execute(sql`select 1`);
      // The pipeline that votes took: the last one given back is the next one taken.
      const flush = { text: 'select pg_stat_force_next_flush()', values: [] };
      await own.pipelines.transaction({
        read: (send) => send(flush),
        write: () => ({ value: undefined, writes: [] }),
      });
      const grown = (await reads()).map(({ table, scans, rows }) => ({
        table,
        scans: scans - (before.get(table)?.scans ?? 0),
        rows: rows - (before.get(table)?.rows ?? 0),
      }));
      assert.deepEqual(
        grown.filter(({ scans }) => scans > 0),
        [],
        'tables that were read from end to end',
      );
      const sum = grown.reduce((all, { rows }) => all + rows, 0);
      assert.ok(sum <= most, `${sum} rows: ${JSON.stringify(grown.filter(({ rows }) => rows > 0))}`);
      assert.ok(sum > 0 || most === 0, 'something was measured');
    } finally {
      await own.close();
    }
  }

  it('votes: new ones, replacements, duplicates, of recorded prompts, a batch of them', async () => {
    const said = Array.from({ length: 20 }, () => vote(twin, { event_id: unique('event') }));
    await costs(60, (own) => recordVotes(own, said.slice(0, 1), DEFAULTS));
    await costs(400, (own) => recordVotes(own, said, DEFAULTS));
    await costs(400, (own) =>
      recordVotes(
        own,
        said.map((one) => ({ ...one, event_id: null, score: -1 })),
        DEFAULTS,
      ),
    );
    const ref = { trace_id: 'trace-7-1', message_id: '', rater_id: 'rater' };
    await costs(60, (own) => retractVote(own, { ...BULK_TWIN, twin_id: BULK_TWIN.id, ...ref }));
    await costs(500, ({ db }) => readTwinsOfTraces(db, [{ tenant_id: BULK_TWIN.tenant_id, trace_id: 'trace-7-1' }]));
  });

  it('a prompt that is recorded', () =>
    costs(10, ({ db }) =>
      recordPrompt(db, twin, {
        trace_id: unique('trace'),
        spec_version: '1.0.0',
        content_hash: 'h',
        intent_label: 'summarize_or_transform',
        channel: 'owner',
        interaction_context: 'owner_chat',
        modules: [],
        query: 'a question',
      }),
    ));

  it('a plan, and what the API shows of a twin', async () => {
    const rules = { defaults: DEFAULTS, openJobsPerTenant: 8 };
    await costs(100, (own) => planTwin(own, { twinId: BULK_TWIN.id, source: 'feedback_event' }, rules));
    await costs(400, (own) => readLearning(own, BULK_TWIN.id, DEFAULTS));
    await costs(20, ({ db }) => readTwin(db, BULK_TWIN));
    await costs(600, ({ db }) => listTwins(db, BULK_TWIN.tenant_id, { limit: 50 }));
    await costs(500, ({ db }) => listVotes(db, BULK_TWIN.id, {}, { limit: 20 }));
    await costs(500, ({ db }) => listVotes(db, BULK_TWIN.id, { status: 'pending' }, { limit: 20 }));
    await costs(600, ({ db }) => listJobs(db, BULK_TWIN.tenant_id, {}, { limit: 50 }));
    await costs(600, ({ db }) => listJobs(db, BULK_TWIN.tenant_id, { twin_id: BULK_TWIN.id }, { limit: 50 }));
    await costs(20, ({ db }) => findJob(db, twin.tenant_id, jobId));
  });

  it('a list of the twins in a state that few of ten thousand are in', async () => {
    const { db } = bench.database;
    const [tenant, few] = ['bulk-1', 4];
    const change = (set: string, place: number) =>
      db.execute(sql`update twin_state set ${sql.raw(set)} where twin_id in (
        select twin_id from twin_state where tenant_id = ${tenant} and pending_events = 0
        order by twin_id desc limit ${few} offset ${place * few})`);
    await change('paused_at = now()', 0);
    await change(`open_job_id = md5('job' || twin_id)::uuid`, 1);
    await change(`backoff_until = now() + interval '1 hour', failures = 1`, 2);
    await change(`cooldown_until = now() + interval '1 hour'`, 3);
    await change(`probation_until = now() + interval '1 hour'`, 4);
    await db.execute(sql`update persona_specs set review = 'held' where twin_id in (
      select twin_id from twin_state where tenant_id = ${tenant} order by twin_id desc limit ${few} offset 500)`);
    await db.execute(sql`analyze`);
    const list = (own: OpenDatabase, state: LearningStatus['state'], limit: number) =>
      listTwins(own.db, tenant, { limit }, { state, keep: (one) => statusOf(one, DEFAULTS).state === state });
    for (const state of ['paused', 'publishing', 'backoff', 'cooldown', 'probation', 'held'] as const) {
      await costs(50 * few, async (own) => assert.equal((await list(own, state, 50)).items.length, few, state));
    }
    for (const state of ['learning', 'gating'] as const) {
      await costs(50 * few, async (own) =>
        assert.deepEqual(await list(own, state, 50), { items: [], next_cursor: null }),
      );
    }
    // Nearly all are in this one: the first rows looked at fill the page.
    await costs(5_000, async (own) => assert.equal((await list(own, 'idle', 50)).items.length, 50));
  });

  it('what a probation reads of a long ledger: since publishing, and a bounded part before', async () => {
    const { db } = bench.database;
    const watched = await bench.twin();
    const [votes, since] = [30_000, 100];
    await fillLedger(db, watched, votes, [{ id: 'm', hash: 'h' }]);
    await db.execute(sql`update persona_training_events set spec_version = '1.0.0' where twin_id = ${watched.id}`);
    await db.execute(sql`analyze persona_training_events`);
    await db.execute(sql`update persona_specs set published_seq = ${votes - since} where twin_id = ${watched.id}`);
    const spec = await readActiveSpec(db, watched.id);
    assert.ok(spec);
    await costs(4 * (10_000 + since), async (own) => {
      const { old, fresh } = await readProbationStreams(own.db, { ...spec, version: '1.0.1', parent_version: '1.0.0' });
      assert.deepEqual([old.length > 5_000, fresh.length], [true, 0]);
    });
  });

  it('what learning and the gate read: of the fit the tenant, of texts the twin', async () => {
    const snapshot = await createSnapshot(bench.database.db, BULK_TWIN.tenant_id);
    const votes = 50 * 100;
    await costs(4 * votes, ({ db }) => readTenantEvidence(db, snapshot));
    await costs(500, ({ db }) => readRuleEvidence(db, snapshot, BULK_TWIN.id));
    await costs(500, ({ db }) => readRatedAnswers(db, BULK_TWIN.id));
    await costs(500, ({ db }) => readRecordedQuestions(db, BULK_TWIN.id));
    await costs(500, ({ db }) => countRange(db, BULK_TWIN.id, 0, 50));
    await costs(1_000, ({ db }) => createSnapshot(db, BULK_TWIN.tenant_id));
    await costs(20, ({ db }) => llmAnswerStore(db, BULK_TWIN).read('h'));
  });

  it('a sweep, and what is of age', async () => {
    const query = { minEvents: 5, defaultMinEvents: 5, limit: 100, tenantId: null };
    await costs(2 * BULK.twins, ({ db }) => findSweepCandidates(db, query));
    const ages = { textRetentionDays: 180 };
    await costs(0, (database) => eraseOld({ database, ...ages }, () => {}));
    for (const [table, among] of [
      ['persona_training_events', 'seq < 11'],
      ['prompt_traces', 'true'],
      ['llm_answers', 'true'],
    ] as const) {
      await bench.database.db.execute(sql`update ${sql.identifier(table)} set created_at = now() - interval '370 days'
        where twin_id = ${BULK_TWIN.id} and ${sql.raw(among)}`);
    }
    await bench.database.db.execute(sql`update twin_state
      set oldest_text_at = now() - interval '370 days', oldest_vote_at = now() - interval '370 days'
      where twin_id = ${BULK_TWIN.id}`);
    const due = 10 + 10 + 10 + 1;
    await costs(10 * due, async (database) => {
      const done = await eraseOld({ database, ...ages }, () => {});
      assert.deepEqual(done, { texts: 10, votes: 10, queries: 10, answers: 1, more: false });
    });
  });
});
