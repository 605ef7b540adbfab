import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/dev/ports.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn, serveTestApi } from './support.ts';

const FEEDBACK_QA = fileURLToPath(new URL('../../../shared/data/feedbackqa_ratings.jsonl', import.meta.url));

const row = (id: number, more: object = {}): string =>
  JSON.stringify({
    event_id: `e${id}`,
    trace_id: `t${id}`,
    twin: 'a label that is ignored',
    rater_id: `r${id % 7}`,
    score: id % 3 === 0 ? -1 : 1,
    intent_label: 'advice_or_stance',
    module_ids: ['factual.cite'],
    query: 'Why?',
    answer: 'Because.',
    ...more,
  });
const rows = (count: number): string[] => Array.from({ length: count }, (_, i) => row(i));

describe('twinloop import', function () {
  this.timeout(30_000);
  let folder: TemporaryFolder;
  let api: Awaited<ReturnType<typeof serveTestApi>>;
  before(async () => {
    folder = await createTemporaryFolder();
    api = await serveTestApi();
  });
  after(async () => {
    await api?.stop();
    await folder?.remove();
  });

  /** Imports lines into a new twin, or the one that is named. */
  async function importLines(lines: string[], twin?: string, more: string[] = []) {
    const id = twin ?? (await api.twin());
    const file = await fileIn(folder.path, 'votes.jsonl', lines);
    return { id, ...(await cli(['import', file, '--twin', id, ...more], api.env)) };
  }
  const votesOf = async (id: string, query = '') =>
    (await api.call('GET', `/twins/${id}/feedback?limit=200${query}`)).body.items;

  it('stores every row in the twin that is named, as the training of its owner', async () => {
    const { id, code, err, json } = await importLines(rows(9));
    assert.equal(code, 0, err);
    const said = json();
    assert.deepEqual(
      [said.twin_id, said.rows, said.inserted, said.duplicate, said.not_counted, said.bad, said.shortened],
      [id, 9, 9, 0, 0, 0, 0],
    );
    assert.ok(said.rows_per_second > 0);
    const votes = await votesOf(id);
    assert.equal(votes.length, 9);
    for (const vote of votes) {
      assert.deepEqual(
        [vote.interaction_context, vote.source, vote.pending, vote.answer],
        ['owner_training', 'manual_import', true, 'Because.'],
      );
    }
    assert.match(err, /9 of 9 rows: 9 inserted, 0 duplicate, 0 not counted, 0 refused; \d+ rows\/s/);
  });

  it('changes nothing the second time', async () => {
    const { id } = await importLines(rows(20));
    const again = await importLines(rows(20), id);
    assert.deepEqual([again.code, again.json().inserted, again.json().duplicate], [0, 0, 20]);
    assert.equal((await votesOf(id)).length, 20);
  });

  it('takes rows without ids: the same row is the same vote, an anonymous one is one of its own', async () => {
    const bare = (query: string) => JSON.stringify({ score: 1, query });
    const { id, json } = await importLines([bare('a'), bare('b'), bare('a')]);
    assert.deepEqual([json().inserted, json().duplicate], [2, 1]);
    const again = await importLines([bare('b')], id);
    assert.deepEqual([again.json().inserted, again.json().duplicate], [0, 1]);
  });

  it('wakes the twin after the last row, and lets no run begin before', async () => {
    const id = await api.twin();
    api.control.pokes.length = 0;
    const { code } = await importLines(rows(1_100), id);
    assert.equal(code, 0);
    const pokes = api.control.pokes.filter(({ twin, signal }) => twin === id && signal === 'feedbackCaptured');
    assert.equal(pokes.length, 1);
    const { pending_events, decision } = (await api.call('GET', `/twins/${id}/learning`)).body;
    assert.deepEqual([pending_events, decision.enqueued], [1_100, true]);
  });

  it('names bad lines, of the file and of the API, and imports the rest', async () => {
    const lines = [
      row(1),
      'no JSON',
      '',
      row(2, { score: 2 }),
      row(3, { reason: 'because' }),
      row(4, { trace_id: 'a b' }),
      row(5),
    ];
    const { code, err, json } = await importLines(lines);
    assert.equal(code, 0);
    const said = json();
    assert.deepEqual([said.rows, said.inserted, said.bad], [6, 2, 4]);
    assert.deepEqual(
      said.bad_lines.map(({ line }: { line: number }) => line),
      [2, 4, 5, 6],
    );
    assert.match(err, /line 2: is not JSON/);
    assert.match(err, /line 4: score: /);
    assert.match(err, /line 5: .*reason/);
    assert.match(err, /line 6: .*trace_id/);
  });

  it('says of an event id that stands for another vote which line it is, and keeps the first', async () => {
    const { id } = await importLines([row(1)]);
    const { code, json, err } = await importLines([row(2), row(1, { answer: 'No.' })], id);
    assert.deepEqual([code, json().inserted, json().bad_lines[0].line], [0, 1, 2]);
    assert.match(err, /line 2: The event_id e1 stands for another vote/);
    assert.equal((await votesOf(id, '&trace_id=t1'))[0].answer, 'Because.');
  });

  it('cuts what is too long between characters, and counts what it cut', async () => {
    const long = row(1, { answer: '\u{1F600}'.repeat(20_001), comment: 'x'.repeat(501), query: 'y'.repeat(20_000) });
    const { id, code, err, json } = await importLines([long, row(2)]);
    assert.equal(code, 0, err);
    assert.deepEqual([json().inserted, json().shortened], [2, 1]);
    const [vote] = await votesOf(id, '&trace_id=t1');
    assert.deepEqual([Array.from(vote.answer).length, vote.comment.length, vote.query.length], [20_000, 500, 20_000]);
    assert.ok(vote.answer.isWellFormed());
  });

  it('counts what is stored and does not train', async () => {
    const { json } = await importLines([row(1), row(2, { interaction_context: 'public_share' })]);
    assert.deepEqual([json().inserted, json().not_counted], [2, 1]);
  });

  it('keeps the time of a row, a day being its midnight UTC', async () => {
    const { id } = await importLines([
      row(1, { occurred_at: '2026-01-05' }),
      row(2, { occurred_at: '2026-01-05T02:00:00+02:00' }),
    ]);
    const times = (await votesOf(id)).map(({ occurred_at }: { occurred_at: string }) => occurred_at);
    assert.deepEqual(times, ['2026-01-05T00:00:00.000Z', '2026-01-05T00:00:00.000Z']);
  });

  it('takes rows far larger than a request may be, in pieces', async () => {
    const large = Array.from({ length: 300 }, (_, i) => row(i, { answer: '\u{1F600}'.repeat(20_000) }));
    const { code, err, json } = await importLines(large);
    assert.equal(code, 0, err);
    assert.equal(json().inserted, 300);
  });

  describe('fails with exit code 1 and a sentence', () => {
    const fails = async (env: NodeJS.ProcessEnv, file: string, twin: string): Promise<string> => {
      const { code, out, err } = await cli(['import', file, '--twin', twin], env);
      assert.deepEqual([code, out], [1, '']);
      return err;
    };
    let file: string;
    before(async () => {
      file = await fileIn(folder.path, 'good.jsonl', rows(3));
    });

    it('when there is no such file', async () => {
      assert.match(
        await fails(api.env, '/nowhere/votes.jsonl', 't'),
        /Cannot read \/nowhere\/votes.jsonl: there is no such file/,
      );
    });
    it('when the file has no rows, or bad ones only', async () => {
      assert.match(await fails(api.env, await fileIn(folder.path, 'none.jsonl', ['', '']), 't'), /has no rows/);
      assert.match(await fails(api.env, await fileIn(folder.path, 'bad.jsonl', ['[]']), 't'), /1 bad line\n {2}line 1/);
    });
    it('when there is no such twin', async () => {
      assert.match(await fails(api.env, file, 'nobody'), /There is no twin nobody/);
    });
    it('when the key is unknown, or may not', async () => {
      assert.match(
        await fails(api.envWith('tl_other'), file, 't'),
        /unknown or revoked\. The key is taken from TWINLOOP_API_KEY/,
      );
      assert.match(await fails(api.envWith(api.keys.ingest), file, 't'), /needs the role owner/);
    });
    it('when nobody answers', async () => {
      const env = { ...api.env, TWINLOOP_URL: `http://127.0.0.1:${await freePort()}` };
      assert.match(
        await fails(env, file, 't'),
        /Cannot reach the API at http.*ECONNREFUSED.*is temporal-dev\.sh running/,
      );
    });
    it('when somebody else answers', async () => {
      const env = { ...api.env, TWINLOOP_URL: `${api.env.TWINLOOP_URL}/docs#` };
      assert.match(await fails(env, file, 't'), /is TWINLOOP_URL right/);
    });
  });

  it('tells what was imported when the run cannot be begun, and fails', async () => {
    const { code, json, err } = await importLines(rows(3), undefined, ['--run']);
    assert.deepEqual([code, json().inserted, json().run], [1, 3, null]);
    assert.match(err, /The run was not begun: paused/);
    assert.deepEqual(
      [api.control.requests.at(-1)?.force, api.control.requests.at(-1)?.reason],
      [true, 'import of 3 rows'],
    );
  });

  it('imports 9,843 real ratings, and all of them once', async function () {
    this.timeout(120_000);
    if (!existsSync(FEEDBACK_QA)) {
      console.log('skipped: shared/data is not beside the repository');
      return this.skip();
    }
    const id = await api.twin();
    const first = await cli(['import', FEEDBACK_QA, '--twin', id], api.env);
    assert.equal(first.code, 0, first.err);
    const { inserted, duplicate, bad, rows_per_second } = first.json();
    console.log(`      ${rows_per_second} rows/s`);
    assert.deepEqual([inserted + duplicate, bad], [9_843, 0]);
    const second = (await cli(['import', FEEDBACK_QA, '--twin', id], api.env)).json();
    assert.deepEqual([second.inserted, second.duplicate], [0, 9_843]);
  });
});
