import assert from 'node:assert/strict';
import { withBehaviour } from '../../../src/activities/behaviour.ts';
import { readRecordedQuestions } from '../../../src/db/gate-data.ts';
import type { TwinRef } from '../../../src/db/twin-ref.ts';
import { runGate } from '../../../src/gate/gate.ts';
import type { Operation } from '../../../src/persona/operation.ts';
import { openBench, type Bench } from '../../commands/support.ts';
import { simulatedModel } from '../../support/simulated-model.ts';
import { learned } from '../support.ts';

const set = (path: string, from: number, to: number): Operation => ({ op: 'set', path, from, to });
const WIDER = set('/deterministic_rules/length_bands/advice_or_stance/max_words', 260, 320);

describe('the gate of a twin that has a language model', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  async function judged(
    operations: readonly Operation[],
    { configured = true, regression = true, twin = undefined as TwinRef | undefined } = {},
  ) {
    const input = { ...learned(operations), regression };
    const model = simulatedModel({ answer: (_, message) => `Well. ${message}` });
    const gateBudget = { maxCalls: 500, timeMs: 60_000 };
    const llm = { model, budget: gateBudget, ...(configured ? { gateBudget } : {}) };
    const ref = twin ?? (await bench.twin());
    const question = { ...input, run: { twin_id: ref.id, tenant_id: ref.tenant_id } };
    const before = runGate(input);
    const { signal } = new AbortController();
    const report = await withBehaviour({ database: bench.database, llm }, question, before, signal);
    return { before, report, row: report.checks.find(({ name }) => name === 'behaviour'), asked: model.asked };
  }

  it('has no row where it may not compare answers', async () => {
    const { before, report, asked } = await judged([WIDER], { configured: false });
    assert.deepEqual([report, asked], [before, []]);
  });

  it('asks nothing about a candidate that fails anyway, and changes no verdict by that', async () => {
    const { before, report, row, asked } = await judged([
      set('/deterministic_rules/length_bands/advice_or_stance/max_words', 260, 45),
    ]);
    assert.deepEqual([before.verdict, report.verdict, row?.status, asked.length], ['fail', 'fail', 'skipped', 0]);
    assert.match(row?.detail ?? '', /Another check failed/);
  });

  it('asks nothing where no prompt changes or the policy is off', async () => {
    const same = await judged([]);
    assert.deepEqual([same.report.verdict, same.row?.status, same.asked.length], ['pass', 'skipped', 0]);
    assert.match(same.row?.detail ?? '', /No prompt changes/);
    const off = await judged([WIDER], { regression: false });
    assert.deepEqual([off.row?.status, off.asked.length], ['skipped', 0]);
    assert.match(off.row?.detail ?? '', /run_regression_gate/);
  });

  it('compares what the twin was asked, and says so in figures and ids', async () => {
    const twin = await bench.twin();
    const query = 'Shall I take the offer?';
    await bench.castOne(twin, { query, intent_label: 'advice_or_stance', channel: 'public' });
    const { report, row, asked } = await judged([WIDER], { twin });
    assert.deepEqual([report.verdict, row?.status], ['pass', 'pass'], row?.detail);
    assert.equal(asked.filter(({ prompt }) => prompt === query).length, 2);
    assert.ok(!JSON.stringify(report).includes(query));
    assert.ok(row?.detail.includes('answered anew by simulated'));
  });

  it('reads distinct questions of votes that train, as they stand now', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [
      { event_id: 'b', query: 'Why?', channel: 'owner' },
      { event_id: 'a', query: 'Why?', channel: 'owner', rater_id: 'another' },
      { event_id: 'c', query: 'Why?', channel: 'public' },
      { event_id: 'd', query: 'From outside?', interaction_context: 'public_widget' },
      { event_id: 'e', query: null },
      { event_id: 'f', query: 'x'.repeat(4_001) },
      { event_id: 'g', trace_id: 'taken-back', query: 'Taken back?' },
    ]);
    await bench.retract(twin, 'taken-back', 'rater');
    const found = await readRecordedQuestions(bench.database.db, twin.id);
    assert.deepEqual(
      found.map(({ event_id, channel, query }) => [event_id, channel, query]),
      [
        ['c', 'public', 'Why?'],
        ['a', 'owner', 'Why?'],
      ],
    );
    assert.deepEqual(
      (await readRecordedQuestions(bench.database.db, twin.id, 1)).map(({ event_id }) => event_id),
      ['c'],
    );
    assert.deepEqual(await readRecordedQuestions(bench.database.db, 'nobody'), []);
  });
});
