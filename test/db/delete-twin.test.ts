import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createTwin } from '../../src/commands/create-twin.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { purgeTwin } from '../../src/db/purge-twin.ts';
import { listAudit } from '../../src/db/audit-list.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { recordPrompt, type PromptTrace } from '../../src/db/prompts.ts';
import { addCase } from '../../src/db/regression-cases.ts';
import { createSnapshot } from '../../src/db/snapshots.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { regressionCaseSchema } from '../../src/gate/types.ts';
import { rejectSpec } from '../../src/commands/reject-spec.ts';
import { holdCandidate } from '../support/candidate.ts';
import { fillLedger } from '../support/many-votes.ts';
import { openBench, type Bench } from '../commands/support.ts';

describe('deleting a twin', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** Rows that hold any of these ids in any column, or within its JSON, by table: whatever the schema has. */
  const rowsNaming = async (ids: readonly string[]) => {
    const { db } = bench.database;
    const tables = await db.execute<{ name: string }>(sql`
      select table_name as name from information_schema.tables where table_schema = 'public' order by 1`);
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await db.execute<{ n: number }>(sql`
        select count(*)::int as n from ${sql.identifier(name)} r
        where exists (select from unnest(${sql.param(ids)}::text[]) id where strpos(to_jsonb(r)::text, '"' || id || '"') > 0)`);
      if (row!.n > 0) counts[name] = row!.n;
    }
    return counts;
  };
  const idsOf = async (twin: TwinRef) => {
    const rows = await bench.database.db.execute<{ id: string }>(sql`
      select id::text from jobs where twin_id = ${twin.id} union all
      select id::text from persona_feedback_learning_runs where twin_id = ${twin.id}`);
    return [twin.id, ...rows.map(({ id }) => id)];
  };
  const receiptOf = async (twin: TwinRef) => {
    const { items } = await listAudit(
      bench.database.db,
      { tenant_id: twin.tenant_id, twin_id: twin.id, action: 'twin.purged' },
      { limit: 10 },
    );
    assert.equal(items.length, 1);
    return items[0]!;
  };
  const purge = (twin: TwinRef, progress = () => {}) => purgeTwin(bench.database, twin.id, progress);
  const purgeOf = async (twin: TwinRef) => {
    await deleteTwin(bench.database, twin, 'key:owner');
    await purge(twin);
  };
  const full = async () => {
    const twin = await bench.twin({ policy: { min_events: 1 } });
    const trace: PromptTrace = {
      trace_id: 't',
      spec_version: '1.0.0',
      content_hash: 'h',
      intent_label: 'advice_or_stance',
      channel: 'owner',
      interaction_context: 'owner_chat',
      modules: [],
      query: 'a question',
    };
    assert.equal(await recordPrompt(bench.database.db, twin, trace), true);
    const body = regressionCaseSchema.parse({ id: 'case', intent_label: 'advice_or_stance', query: 'q' });
    await addCase(bench.database, twin, 'key:owner', body);
    const held = await holdCandidate(bench.database, twin.id);
    await rejectSpec(bench.database, twin, held.version, 'key:owner');
    await llmAnswerStore(bench.database.db, twin).write('key', 'an answer');
    await bench.cast(twin, [{}, {}]);
    await bench.claim(twin);
    await createSnapshot(bench.database.db, twin.tenant_id);
    return { twin, trace };
  };

  it('purges every row that names it or its jobs, but for its tombstone and the audit log', async () => {
    const [{ twin, trace }, other] = [await full(), await full()];
    const [ids, othersIds] = [await idsOf(twin), await idsOf(other.twin)];
    const kept = await rowsNaming(othersIds);
    const tables = await bench.database.db.execute<{ name: string }>(sql`
      select distinct table_name as name from information_schema.columns
      where table_schema = 'public' and column_name in ('twin_id', 'job_id', 'seqs')`);
    for (const { name } of tables) assert.ok((kept[name] ?? 0) > 0, `the test has no row in ${name} to lose`);

    await assert.rejects(purge(twin), /is not deleted/);
    await deleteTwin(bench.database, twin, 'key:owner');
    assert.equal(await recordPrompt(bench.database.db, twin, trace), false);
    await purge(twin);
    assert.deepEqual(Object.keys(await rowsNaming(ids)), ['audit_log', 'twins']);
    assert.deepEqual(await rowsNaming(othersIds), kept, 'another twin keeps its own');
    assert.equal(
      await createTwin(bench.database, twin, 'key:owner', { name: 'n' }),
      'taken',
      'its id is never used again',
    );
  });

  it('leaves one receipt, of all its attempts, whichever was broken off', async () => {
    const { twin } = await full();
    await bench.database.db.execute(sql`delete from persona_training_events where twin_id = ${twin.id}`);
    await fillLedger(bench.database.db, twin, 5_500, [{ id: 'm', hash: 'h' }]);
    await deleteTwin(bench.database, twin, 'key:owner');
    const { db } = bench.database;
    const [left] = await db.execute<{ n: number }>(sql`select count(*)::int as n from learning_snapshots r
      where r.seqs ? ${twin.id}`);
    let batches = 0;
    const dies = () => {
      // After the page of snapshots, the last one, and the first batch of rows.
      if ((batches += 1) === 3) throw new Error('killed');
    };
    await assert.rejects(purge(twin, dies), /killed/);
    await purge(twin);
    await purge(twin);
    const { detail, actor } = await receiptOf(twin);
    assert.equal(actor, 'purge');
    assert.deepEqual(detail, {
      remaining: 0,
      deleted: {
        learning_snapshots: left!.n,
        persona_training_events: 5_500,
        prompt_traces: 1,
        llm_answers: 1,
        job_logs: 1,
        persona_feedback_learning_runs: 1,
        jobs: 1,
        persona_specs: 2,
        regression_cases: 1,
        vetoes: 1,
        twin_state: 1,
      },
    });
  });

  it('gives no receipt while a row is left', async () => {
    const { twin } = await full();
    const { db } = bench.database;
    await db.execute(sql`create function stays() returns trigger language plpgsql as 'begin return null; end'`);
    await db.execute(sql`create trigger stays before delete on vetoes for each row execute function stays()`);
    await assert.rejects(purgeOf(twin), /1 rows of twin .* are left/);
    await db.execute(sql`drop trigger stays on vetoes`);
    await purge(twin);
    assert.equal((await receiptOf(twin)).detail['remaining'], 0);
  });

  it('races with votes: each is purged or refused', async () => {
    const { twin } = await full();
    const votes = Array.from({ length: 10 }, () => bench.cast(twin, [{}]));
    const [deleted, ...results] = await Promise.all([deleteTwin(bench.database, twin, 'key:owner'), ...votes]);
    assert.equal(deleted, true);
    assert.ok(results.flat().every(({ status }) => status === 'stored' || status === 'unknown_twin'));
    await Promise.all([0, 1].map(() => purge(twin)));
    assert.deepEqual(Object.keys(await rowsNaming([twin.id])), ['audit_log', 'twins']);
    await receiptOf(twin);
  });
});
