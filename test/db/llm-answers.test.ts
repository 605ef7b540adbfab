import assert from 'node:assert/strict';
import { eq, sql } from 'drizzle-orm';
import { deleteOldAnswers } from '../../src/db/ages.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { llmAnswers } from '../../src/db/schema/llm.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { openBench, type Bench } from '../commands/support.ts';

const RETENTION = { textDays: 180, voteDays: 366 };

describe('kept answers of a language model', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  const store = (twin: TwinRef) => llmAnswerStore(bench.database.db, twin);
  const count = async (twin: TwinRef) =>
    (await bench.database.db.select().from(llmAnswers).where(eq(llmAnswers.twin_id, twin.id))).length;
  const age = (twin: TwinRef, days: number) =>
    bench.database.db
      .update(llmAnswers)
      .set({ created_at: sql`now() - make_interval(days => ${days})` })
      .where(eq(llmAnswers.twin_id, twin.id));

  it('are read by their own twin and tenant only; the first answer stays', async () => {
    const [twin, other] = [await bench.twin(), await bench.twin()];
    await store(twin).write('key', 'first');
    await store(twin).write('key', 'second');
    assert.equal(await store(twin).read('key'), 'first');
    assert.equal(await store(twin).read('another key'), undefined);
    assert.equal(await store(other).read('key'), undefined);
    const foreign = { ...twin, tenant_id: 'theirs' };
    assert.equal(await store(foreign).read('key'), undefined);
    await store(foreign).write('foreign', 'text');
    assert.equal(await count(twin), 1);
  });

  it('are kept for as long as the texts of feedback', async () => {
    const [old, young] = [await bench.twin(), await bench.twin()];
    for (const twin of [old, young]) await store(twin).write('key', 'first');
    await age(old, 181);
    await age(young, 179);
    const { db } = bench.database;
    assert.equal(await deleteOldAnswers(db, RETENTION), 1);
    assert.equal(await deleteOldAnswers(db, RETENTION), 0);
    assert.deepEqual([await count(old), await count(young)], [0, 1]);
    await db.execute(sql`update tenants set text_retention_days = 90 where id = ${young.tenant_id}`);
    assert.equal(await deleteOldAnswers(db, RETENTION), 1, 'the tenant says less');
    assert.equal(await store(young).read('key'), undefined);
    await store(young).write('key', 'anew');
    assert.equal(await store(young).read('key'), 'anew');
  });

  it('are not written for a deleted twin', async () => {
    const twin = await bench.twin();
    await deleteTwin(bench.database, twin, 'key:owner');
    await store(twin).write('key', 'late');
    assert.equal(await count(twin), 0);
  });
});
