import assert from 'node:assert/strict';
import { castVotes } from './fixtures.ts';
import { openTestApi, unique, type TestApi } from './harness.ts';

describe('DELETE /twins/{id}/raters/{rater_id}/feedback', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const remove = (twin: string, rater: string, query = '', key?: string) =>
    api.call('DELETE', `/twins/${twin}/raters/${encodeURIComponent(rater)}/feedback${query}`, key ? { key } : {});
  const stateChanges = (twin: string) =>
    api.control.pokes.filter((poke) => poke.twin === twin && poke.signal === 'stateChanged').length;

  it('says what it would do, does it once, and wakes the twin for it', async () => {
    const twin = await api.twin();
    await castVotes(api, twin, 3);
    const rater_id = 'ann/é 1%';
    for (let n = 0; n < 2; n += 1) {
      await api.call('POST', `/feedback/${unique('t')}`, { body: { twin_id: twin, rater_id, score: -1 } });
    }
    const before = stateChanges(twin);
    const dry = await remove(twin, rater_id, '?dry_run=true');
    assert.equal(dry.status, 200);
    assert.deepEqual(dry.body, { dry_run: true, retracted: 2, pending_events: 3, no_longer_proposed: [] });
    assert.equal((await api.call('GET', `/twins/${twin}/learning`)).body.pending_events, 5);
    assert.equal(stateChanges(twin), before);

    const done = await remove(twin, rater_id);
    assert.deepEqual([done.status, done.body], [200, { dry_run: false, retracted: 2, pending_events: 3 }]);
    assert.equal(stateChanges(twin), before + 1);
    const again = await remove(twin, rater_id);
    assert.deepEqual([again.status, again.body], [200, { dry_run: false, retracted: 0, pending_events: 3 }]);
    assert.equal(stateChanges(twin), before + 1);

    const { items } = (await api.call('GET', `/twins/${twin}/audit`)).body;
    const [entry, ...more] = items.filter(({ action }: { action: string }) => action === 'rater.remove');
    assert.equal(more.length, 0);
    assert.equal(entry.detail.retracted, 2);
    assert.ok(!JSON.stringify(entry).includes('ann'));
  });

  it('is for owners, of their own twins', async () => {
    const twin = await api.twin();
    await castVotes(api, twin, 1);
    for (const query of ['', '?dry_run=true']) {
      assert.equal((await remove(twin, 'r0', query, api.stranger)).status, 404);
      assert.equal((await remove('nobody', 'r0', query)).status, 404);
      for (const key of [api.keys.viewer, api.keys.ingest]) {
        assert.equal((await remove(twin, 'r0', query, key)).status, 403);
      }
    }
    assert.equal((await api.call('GET', `/twins/${twin}/learning`)).body.pending_events, 1);
  });

  it('knows no rater by a name that cannot be stored, and no other dry_run', async () => {
    const twin = await api.twin();
    for (const rater of ['a\u0000b', 'x'.repeat(201)]) {
      const { status, body } = await remove(twin, rater);
      assert.equal(status, 404, JSON.stringify(body));
    }
    assert.equal((await remove(twin, 'r0', '?dry_run=yes')).status, 422);
  });
});
