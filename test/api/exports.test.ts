import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { createStreams } from '../../src/api/http/ndjson.ts';
import { serveApp } from '../../src/api/serve.ts';
import { exportTwin } from '../../src/db/export-rows.ts';
import { llmAnswerStore } from '../../src/db/llm-answers.ts';
import { fillLedger } from '../support/many-votes.ts';
import { holdCandidate, openJob } from './fixtures.ts';
import { openTestApi, unique, type Json, type TestApi } from './harness.ts';

const TENANT = 'ours';
const linesOf = (text: string): Json[] => {
  assert.ok(text.endsWith('\n'));
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
};
const countsOf = (lines: readonly Json[]) => {
  const counts: Record<string, number> = {};
  for (const { type } of lines) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

describe('exports', function () {
  this.timeout(30_000);
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  /** The rows of an export that is whole, without its first and last line. */
  async function rowsOf(path: string): Promise<{ head: Json; rows: Json[] }> {
    const { status, body, headers } = await api.call('GET', path);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(headers.get('content-type'), 'application/x-ndjson');
    const [head, ...rest] = linesOf(body);
    assert.deepEqual([head.type, head.format], ['export', 'twinloop-export/1']);
    const end = rest.pop();
    assert.equal(end.type, 'end');
    const counted = Object.fromEntries(Object.entries(end.counts).filter(([, count]) => count !== 0));
    assert.deepEqual(countsOf(rest), counted);
    return { head, rows: rest };
  }
  const vote = (twin_id: string, more: object = {}) =>
    api.call('POST', `/feedback/${unique('t')}`, { body: { twin_id, score: 1, ...more } });
  const ask = async (twin: string, query: string) =>
    (await api.call('POST', `/twins/${twin}/prompt`, { body: { query } })).body.trace_id;

  it('of a twin hold every row that the schema has of it, and nobody else’s', async () => {
    const [id, other] = [await api.twin(), await api.twin()];
    await vote(other, { comment: 'not of this twin' });
    await openJob(api, other);
    const trace = await ask(id, 'why?');
    await api.call('POST', `/feedback/${trace}`, {
      body: { score: -1, rater_id: 'ann', comment: 'line\nbreak \u2028' },
    });
    await api.call('POST', `/twins/${id}/regression-cases`, {
      body: { id: 'case', intent_label: 'advice_or_stance', query: 'q' },
    });
    await api.call('POST', `/twins/${id}/persona-specs/${await holdCandidate(api, id)}/reject`);
    await llmAnswerStore(api.database.db, { id, tenant_id: TENANT }).write('key', 'an answer');
    const job = await openJob(api, id);
    await api.database.db.execute(sql`
      with made as (insert into learning_snapshots (tenant_id, as_of, seqs, versions)
        values (${TENANT}, now(), ${JSON.stringify({ [id]: 6, [other]: 1 })}, '{}') returning id)
      update persona_feedback_learning_runs set snapshot_id = made.id from made where job_id = ${job}`);

    const { head, rows } = await rowsOf(`/twins/${id}/export`);
    assert.equal(head.twin_id, id);
    const counts = countsOf(rows);
    for (const type of ['spec', 'vote', 'run', 'veto', 'regression_case', 'trace', 'llm_answer', 'job', 'job_log']) {
      assert.ok(counts[type]! > 0, type);
    }
    // Each table that names the twin, from the schema: as many rows as the export has.
    const parts: Record<string, string> = {
      audit_log: 'audit',
      jobs: 'job',
      llm_answers: 'llm_answer',
      persona_feedback_learning_runs: 'run',
      persona_specs: 'spec',
      persona_training_events: 'vote',
      prompt_traces: 'trace',
      regression_cases: 'regression_case',
      twin_state: 'state',
      vetoes: 'veto',
    };
    const tables = await api.database.db.execute<{ name: string }>(sql`
      select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'twin_id'`);
    for (const { name } of tables) {
      const [row] = await api.database.db.execute<{ n: number }>(
        sql`select count(*)::int as n from ${sql.identifier(name)} where twin_id = ${id}`,
      );
      assert.equal(counts[parts[name] ?? name], row!.n, name);
    }
    const [said] = rows.filter(({ type, rater_id }) => type === 'vote' && rater_id === 'ann');
    assert.deepEqual([said.comment, said.query, said.score], ['line\nbreak \u2028', 'why?', -1]);
    const [run] = rows.filter(({ type }) => type === 'run');
    assert.equal(run.snapshot_seq, 6);
    assert.ok(!JSON.stringify(rows).includes(other), 'ids of other twins are not in it');
  });

  it('of a rater hold their votes and questions in all twins of the tenant, or in one', async () => {
    const [one, two, foreign] = [await api.twin(), await api.twin(), await api.twin({ key: api.stranger })];
    const rater_id = 'ann/é 1%';
    const trace = await ask(one, 'her question');
    await api.call('POST', `/feedback/${trace}`, { body: { score: 1, rater_id } });
    await vote(two, { rater_id, comment: 'of the other twin' });
    await vote(two, { rater_id: 'bob', comment: 'not hers' });
    await api.call('POST', `/feedback/${unique('t')}`, {
      key: api.stranger,
      body: { twin_id: foreign, rater_id, score: 1, comment: 'in another tenant' },
    });
    const removed = await api.twin();
    await vote(removed, { rater_id });
    await api.call('DELETE', `/twins/${removed}/raters/${encodeURIComponent(rater_id)}/feedback`);
    const gone = await api.twin();
    await vote(gone, { rater_id });
    await api.call('DELETE', `/twins/${gone}`);

    const path = `/raters/${encodeURIComponent(rater_id)}/export`;
    const { head, rows } = await rowsOf(path);
    assert.equal(head.rater_id, rater_id);
    assert.deepEqual(countsOf(rows), { vote: 4, trace: 1, audit: 1 });
    assert.deepEqual(new Set(rows.map(({ twin_id }) => twin_id)), new Set([one, two, removed]));
    assert.equal(rows.find(({ type }) => type === 'trace').query, 'her question');
    assert.ok(rows.every(({ type, rater_id: of }) => type !== 'vote' || of === rater_id));

    const within = await rowsOf(`${path}?twin_id=${two}`);
    assert.deepEqual(countsOf(within.rows), { vote: 1 });
    assert.deepEqual((await rowsOf('/raters/nobody/export')).rows, []);
  });

  it('are for owners, of what is their own', async () => {
    const id = await api.twin();
    await vote(id, { rater_id: 'ann', comment: 'private' });
    for (const path of [`/twins/${id}/export`, '/raters/ann/export']) {
      for (const key of [api.keys.viewer, api.keys.ingest]) {
        assert.equal((await api.call('GET', path, { key })).status, 403);
      }
      const { body } = await api.call('GET', path, { key: api.stranger });
      assert.ok(!JSON.stringify(body).includes('private'));
    }
    assert.equal((await api.call('GET', `/twins/${id}/export`, { key: api.stranger })).status, 404);
    assert.equal((await api.call('GET', `/raters/ann/export?twin_id=${id}`, { key: api.stranger })).status, 404);
    await api.call('DELETE', `/twins/${id}`);
    assert.equal((await api.call('GET', `/twins/${id}/export`)).status, 404);
    assert.equal((await api.call('GET', `/raters/${'x'.repeat(201)}/export`)).status, 404);
  });

  it('of 20,000 votes hold pages in memory, never more than their reader has taken and two', async () => {
    const twin = { id: await api.twin(), tenant_id: TENANT };
    await fillLedger(api.database.db, twin, 20_000, [{ id: 'm', hash: 'h' }]);
    let [read, taken, longest] = [0, 0, 0];
    const response = createStreams(assert.ifError)('twin.ndjson', (write) =>
      exportTwin(api.database.db, twin, async (_name, rows) => {
        read += rows.length;
        longest = Math.max(longest, rows.length);
        await write(rows.map((row) => `${row}\n`).join(''));
      }),
    );
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      taken += linesOf(Buffer.from(chunk).toString()).length;
      assert.ok(read - taken <= 2 * longest, `${read} rows are read when ${taken} are taken`);
    }
    assert.ok(longest <= 200);
    assert.ok(taken > 20_000);
    assert.equal(read, taken);
    const { rows } = await rowsOf(`/twins/${twin.id}/export`);
    const seqs = new Set(rows.filter(({ type }) => type === 'vote').map(({ seq }) => seq));
    assert.equal(seqs.size, 20_000);
  });

  it('are of one instant, whatever comes in while they are read', async () => {
    const twin = { id: await api.twin(), tenant_id: TENANT };
    await fillLedger(api.database.db, twin, 500, [{ id: 'm', hash: 'h' }]);
    const seen: string[] = [];
    await exportTwin(api.database.db, twin, async (name, rows) => {
      // After the first page of votes the second changes and a third vote comes in; none of it is seen.
      if (name === 'vote' && rows.length === 200 && seen.length === 0) {
        await vote(twin.id);
        await api.database.db.execute(sql`
          update persona_training_events set comment = 'changed' where twin_id = ${twin.id}`);
      }
      if (name === 'vote') seen.push(...rows);
    });
    assert.equal(seen.length, 500);
    assert.equal(new Set(seen).size, 500);
    assert.ok(!seen.join('').includes('changed'));
  });

  it('that fail on the way break the connection: nobody takes them for whole', async () => {
    const failures: unknown[] = [];
    const stream = createStreams((error) => failures.push(error));
    const server = await serveApp(
      () =>
        stream('x', async (write) => {
          await write('{}\n');
          throw new Error('the database went away');
        }),
      { host: '127.0.0.1', port: 0 },
    );
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    assert.equal(response.status, 200);
    await assert.rejects(response.text());
    assert.match(String(failures[0]), /went away/);
    await server.drain();
  });

  it('end a reader that stalls, and one that takes too long, without the last line', async () => {
    for (const [limits, why] of [
      [{ stallMs: 20 }, /took nothing/],
      [{ longestMs: 20 }, /took longer/],
    ] as const) {
      const failures: unknown[] = [];
      const stream = createStreams((error) => failures.push(error), limits);
      const response = stream('x', async (write) => {
        for (;;) await write('{}\n');
      });
      const reader = response.body!.getReader();
      await reader.read();
      while (failures.length === 0) await sleep(10);
      await assert.rejects(async () => {
        for (;;) if ((await reader.read()).done) return;
      }, why);
      assert.match(String(failures[0]), why);
    }
  });

  it('end when their reader goes away, and let only so many in at once', async () => {
    const failures: unknown[] = [];
    const stream = createStreams((error) => failures.push(error), { atOnce: 1 });
    const endless = async (write: (text: string) => Promise<void>) => {
      for (;;) await write('{}\n');
    };
    const response = stream('x', endless);
    assert.throws(() => stream('y', endless), { slug: 'rate-limited' });
    await response.body!.cancel();
    while (failures.length === 0) await sleep(5);
    await sleep(5);
    await stream('z', async (write) => write('whole\n')).text();
  });
});
