import assert from 'node:assert/strict';
import { purgeTwin } from '../../src/db/purge-twin.ts';
import { openTestApi, unique, type Json, type TestApi } from './harness.ts';

describe('erasure', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const vote = (twin_id: string, rater_id: string, more: object = {}) =>
    api.call('POST', `/feedback/${unique('t')}`, { body: { twin_id, rater_id, score: -1, ...more } });
  const erase = (rater: string, query = '', key?: string) =>
    api.call('DELETE', `/raters/${encodeURIComponent(rater)}${query}`, key ? { key } : {});
  const audit = async (query: string, key?: string): Promise<Json[]> =>
    (await api.call('GET', `/audit?${query}`, key ? { key } : {})).body.items;
  const woken = (twin: string) =>
    api.control.pokes.filter((poke) => poke.twin === twin && poke.signal === 'stateChanged').length;

  it('of a rater says what it would do, does it in all twins, wakes them, and keeps the receipt', async () => {
    const [one, two, other] = [await api.twin(), await api.twin(), await api.twin()];
    const rater = 'zoë/1%';
    await vote(one, rater, { comment: 'words' });
    await vote(two, rater);
    await vote(two, 'bob', { comment: 'his' });
    await vote(other, 'bob');
    const before = [woken(one), woken(two), woken(other)];

    const dry = await erase(rater, '?dry_run=true');
    assert.equal(dry.status, 200);
    const erased = { votes: 2, texts: 1, traces: 0, copies: 0, llm_answers: 0, reports: 0, audit: 0 };
    const { message, ...said } = dry.body;
    assert.deepEqual(said, { dry_run: true, twins: 2, retracted: 2, erased, cases_to_review: [] });
    assert.match(message, /What was published stays/);
    assert.deepEqual([woken(one), woken(two), woken(other)], before);
    assert.equal(
      (await api.call('GET', `/twins/${one}/feedback?rater_id=${encodeURIComponent(rater)}`)).body.items.length,
      1,
    );

    const { status, body } = await erase(rater);
    assert.equal(status, 200);
    // The retractions that the erasure makes are rows of theirs too.
    assert.deepEqual(body.erased, { ...erased, votes: 4 });
    assert.deepEqual([body.dry_run, body.retracted, body.remaining, body.new_votes], [false, 2, 0, 0]);
    assert.deepEqual([woken(one), woken(two), woken(other)], [before[0]! + 1, before[1]! + 1, before[2]!]);

    const [receipt, ...more] = await audit('action=rater.erased');
    assert.deepEqual([receipt.twin_id, receipt.detail.pseudonym, receipt.detail.remaining], [null, body.pseudonym, 0]);
    assert.equal(more.length, 0);
    assert.deepEqual(
      (await audit('action=rater.erase')).map(({ twin_id }) => twin_id),
      [two, one],
    );
    const { body: list } = await api.call('GET', `/twins/${two}/feedback`);
    assert.deepEqual(
      list.items.map((item: Json) => [item.rater_id, item.retracted, item.comment]),
      [
        ['bob', false, 'his'],
        [body.pseudonym, true, null],
      ],
    );
    assert.ok(!JSON.stringify([list, await audit('limit=200'), api.logged]).includes('zo'));
  });

  it('of a rater is for owners, within their tenant', async () => {
    const twin = await api.twin();
    await vote(twin, 'cid');
    for (const query of ['', '?dry_run=true']) {
      for (const key of [api.keys.viewer, api.keys.ingest]) assert.equal((await erase('cid', query, key)).status, 403);
      const { status, body } = await erase('cid', query, api.stranger);
      assert.deepEqual([status, body.twins, body.erased.votes], [200, 0, 0]);
    }
    assert.equal((await api.call('GET', `/twins/${twin}/learning`)).body.pending_events, 1);
    assert.equal((await erase('x'.repeat(201))).status, 404);
    assert.equal((await erase('cid', '?dry_run=yes')).status, 422);
  });

  it('of a twin leaves a receipt that is found when the twin is gone', async () => {
    const twin = await api.twin();
    await vote(twin, 'ann');
    await api.call('DELETE', `/twins/${twin}`);
    await purgeTwin(api.database, twin, () => {});
    assert.equal((await api.call('GET', `/twins/${twin}/audit`)).status, 404);
    const [receipt, ...before] = await audit(`twin_id=${twin}`);
    assert.deepEqual([receipt.action, receipt.actor, receipt.detail.remaining], ['twin.purged', 'purge', 0]);
    assert.equal(receipt.detail.deleted.persona_training_events, 1);
    assert.equal(before[0].action, 'twin.delete');
    assert.equal((await audit(`twin_id=${twin}`, api.keys.viewer)).length, before.length + 1);
    assert.equal((await api.call('GET', `/audit?twin_id=${twin}`, { key: api.keys.ingest })).status, 403);
    assert.equal((await api.call('GET', `/audit?twin_id=${twin}`, { key: api.stranger })).status, 404);
    assert.equal((await api.call('GET', '/audit?twin_id=nobody')).status, 404);
    assert.ok(!JSON.stringify(await audit('limit=200', api.stranger)).includes(twin));
  });

  it('is listed page by page', async () => {
    const all = await audit('limit=200');
    assert.ok(all.length > 5);
    const pages: Json[] = [];
    for (let cursor = ''; pages.length < all.length;) {
      const { body } = await api.call('GET', `/audit?limit=3${cursor}`);
      pages.push(...body.items);
      cursor = `&cursor=${body.next_cursor}`;
    }
    assert.deepEqual(pages, all);
  });
});
