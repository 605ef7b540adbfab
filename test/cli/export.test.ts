import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, serveTestApi } from './support.ts';

const HEAD = '{"type":"export"}';
const vote = (comment: string): string => JSON.stringify({ type: 'vote', comment });
const end = (votes: number): string => JSON.stringify({ type: 'end', counts: { vote: votes, trace: 0 } });

describe('twinloop export', () => {
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

  it('writes a twin, a rater, or a rater in a twin, and says what it has', async () => {
    const [one, two] = [await api.twin(), await api.twin()];
    for (const twin_id of [one, two]) {
      await api.call('POST', '/feedback/t', { body: { twin_id, score: 1, rater_id: 'ann b', comment: 'é\u2028\n' } });
    }
    const file = join(folder.path, 'twin.ndjson');
    const twin = await cli(['export', '--twin', one, '--out', file], api.env);
    assert.equal(twin.code, 0, twin.err);
    const { counts, ...said } = twin.json();
    assert.deepEqual(said, { twin_id: one, rater_id: null, file });
    assert.deepEqual([counts.twin, counts.vote, counts.spec], [1, 1, 1]);
    assert.match(twin.err, /\d+ rows/);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, Object.values<number>(counts).reduce((a, b) => a + b) + 2);
    assert.equal((await stat(file)).mode & 0o777, 0o600);

    const rater = await cli(['export', '--rater', 'ann b'], api.env);
    assert.equal(rater.code, 0, rater.err);
    assert.equal(rater.out.split('\n').filter((line) => line.startsWith('{"type":"vote"')).length, 2);
    assert.match(rater.err, /is whole: \{"vote":2,"trace":0,"audit":0\}/);
    const both = await cli(['export', '--rater', 'ann b', '--twin', two], api.env);
    assert.match(both.err, /is whole: \{"vote":1,/);
    assert.ok(both.out.includes(two) && !both.out.includes(`"${one}"`));
  });

  it('leaves no file, and says why, when it may not or cannot', async () => {
    const file = join(folder.path, 'none.ndjson');
    const id = await api.twin();
    for (const [argv, env, why] of [
      [['--twin', 'nobody'], api.env, /There is no twin nobody/],
      [['--twin', id], api.envWith(api.keys.viewer), /needs the role owner/],
      [['--twin', id], { ...api.env, TWINLOOP_URL: 'http://127.0.0.1:1' }, /Cannot reach/],
    ] as const) {
      const { code, err, out } = await cli(['export', ...argv, '--out', file], env);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, why);
    }
    const nowhere = await cli(['export', '--twin', id, '--out', join(folder.path, 'no', 'folder')], api.env);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /Cannot write .*part/);
    assert.ok(!(await readdir(folder.path)).some((name) => name.startsWith('none')));
  });

  it('takes none for whole that is not', async () => {
    let answer: { readonly body: string; readonly cut?: boolean } = { body: '' };
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(answer.body, () => (answer.cut === true ? response.destroy() : response.end()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = { ...api.env, TWINLOOP_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const file = join(folder.path, 'broken.ndjson');
    const tryOne = async (lines: readonly string[], cut = false) => {
      answer = { body: lines.join('\n'), cut };
      return cli(['export', '--twin', 't', '--out', file], env);
    };
    for (const [lines, why] of [
      [[HEAD, vote('a'), ''], /ended after 1 rows, without its last line/],
      [[HEAD, vote('a'), end(1)], /without its last line/],
      [[HEAD, vote('a'), end(2), ''], /says 2 rows of type vote, and 1 came/],
      [[HEAD, '{"type":"other"}', end(0), ''], /says 0 rows of type other, and 1 came/],
      [[HEAD, end(0), vote('a'), ''], /goes on after its last line/],
      [[HEAD, '{"type":', ''], /Line 2 of the export is not JSON/],
      [['{"items":[]}', ''], /is no export/],
    ] as const) {
      const { code, err } = await tryOne(lines);
      assert.equal(code, 1);
      assert.match(err, why);
    }
    const cut = await tryOne([HEAD, vote('a'), ''], true);
    assert.equal(cut.code, 1);
    assert.match(cut.err, /broke off|Cannot reach/);
    assert.equal((await tryOne([HEAD, vote('a\u2028b'), end(1), ''])).code, 0);
    assert.deepEqual(
      (await readdir(folder.path)).filter((name) => name.startsWith('broken')),
      ['broken.ndjson'],
    );
    server.close();
  });
});
