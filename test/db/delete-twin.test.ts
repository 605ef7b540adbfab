import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createTwin } from '../../src/commands/create-twin.ts';
import { deleteTwin, purgeTwin } from '../../src/db/delete-twin.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { recordPrompt, type PromptTrace } from '../../src/db/prompts.ts';
import { addCase } from '../../src/db/regression-cases.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { regressionCaseSchema } from '../../src/gate/types.ts';
import { rejectSpec } from '../../src/commands/reject-spec.ts';
import { holdCandidate } from '../support/candidate.ts';
import { openBench, type Bench } from '../commands/support.ts';

describe('deleting a twin', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** Rows that name a twin, by table. */
  const rowsOf = async (twin: TwinRef) => {
    const { db } = bench.database;
    const tables = await db.execute<{ name: string }>(sql`
      select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'twin_id' order by 1`);
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await db.execute<{ n: number }>(sql`
        select count(*)::int as n from ${sql.identifier(name)} where twin_id = ${twin.id}`);
      if (row!.n > 0) counts[name] = row!.n;
    }
    return counts;
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
    return { twin, trace };
  };

  it('purges every row that names it, but for the audit log; another twin keeps its own', async () => {
    const [{ twin, trace }, other] = [await full(), await full()];
    const kept = await rowsOf(other.twin);
    assert.deepEqual(Object.keys(kept), [
      'audit_log',
      'jobs',
      'llm_answers',
      'persona_feedback_learning_runs',
      'persona_specs',
      'persona_training_events',
      'prompt_traces',
      'regression_cases',
      'twin_state',
      'vetoes',
    ]);
    await assert.rejects(
      purgeTwin(bench.database, twin.id, () => {}),
      /is not deleted/,
    );
    await deleteTwin(bench.database, twin, 'key:owner');
    assert.equal(await recordPrompt(bench.database.db, twin, trace), false);
    let batches = 0;
    await purgeTwin(bench.database, twin.id, () => (batches += 1));
    assert.equal(batches, 1);
    assert.deepEqual(Object.keys(await rowsOf(twin)), ['audit_log']);
    assert.deepEqual(await rowsOf(other.twin), kept);
    const [logs] = await bench.database.db.execute(sql`
      select count(*)::int as n from job_logs l left join jobs j on j.id = l.job_id where j.id is null`);
    assert.deepEqual(logs, { n: 0 });
    assert.equal(
      await createTwin(bench.database, twin, 'key:owner', { name: 'n' }),
      'taken',
      'its id is never used again',
    );
  });

  it('races with votes: each is purged or refused', async () => {
    const { twin } = await full();
    const votes = Array.from({ length: 10 }, () => bench.cast(twin, [{}]));
    const [deleted, ...results] = await Promise.all([deleteTwin(bench.database, twin, 'key:owner'), ...votes]);
    assert.equal(deleted, true);
    assert.ok(results.flat().every(({ status }) => status === 'stored' || status === 'unknown_twin'));
    await Promise.all([0, 1].map(() => purgeTwin(bench.database, twin.id, () => {})));
    assert.deepEqual(Object.keys(await rowsOf(twin)), ['audit_log']);
  });
});
