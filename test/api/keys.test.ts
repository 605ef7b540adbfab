import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createKeyUses } from '../../src/api/http/key-uses.ts';
import { createKey, rotateKey } from '../../src/db/key-writes.ts';
import { findKey, markKeysUsed } from '../../src/db/keys.ts';
import { openTestApi, unique, type TestApi } from './harness.ts';

describe('API keys', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  /** A tenant of its own, by its owner's key. */
  async function tenant() {
    const { key, info } = await createKey(api.database.db, { tenant_id: unique('keys'), role: 'owner', name: 'first' });
    const call = (method: string, path: string, body?: object) => api.call(method, path, { key, body });
    return { key, info, call };
  }
  const opens = async (key: string): Promise<boolean> => (await findKey(api.database.db, key)) !== undefined;

  it('are shown once, and work at once with the role that they have', async () => {
    const { call } = await tenant();
    const made = await call('POST', '/keys', { role: 'ingest', name: 'chat', expires_in_days: 30 });
    assert.equal(made.status, 201);
    const { key, ...shown } = made.body;
    assert.match(key, /^tl_[\w-]{43}$/);
    const days = (Date.parse(shown.expires_at) - Date.parse(shown.created_at)) / 86_400_000;
    assert.ok(Math.abs(days - 30) < 0.01, `${days} days`);
    const listed = (await call('GET', '/keys')).body;
    assert.deepEqual(listed.items[0], shown);
    assert.ok(!JSON.stringify(listed).includes(key));
    assert.equal((await api.call('GET', '/feedback/reasons', { key })).status, 200);
    assert.equal((await api.call('GET', '/twins', { key })).status, 403);
  });

  it('end when their time is over', async () => {
    const { info, key } = await tenant();
    assert.ok(await opens(key));
    await api.database.db.execute(
      sql`update api_keys set expires_at = clock_timestamp() - interval '1 second' where id = ${info.id}`,
    );
    assert.ok(!(await opens(key)));
    assert.equal(await rotateKey(api.database.db, info.id, 60), undefined, 'nor are they replaced then');
  });

  it('are replaced with an overlap, in which both are taken', async () => {
    const { call, info, key } = await tenant();
    const { status, body } = await call('POST', `/keys/${info.id}/rotate`, { overlap_minutes: 90 });
    assert.equal(status, 201);
    assert.deepEqual([body.role, body.name, body.expires_at, body.replaced.id], ['owner', 'first', null, info.id]);
    const minutes = (Date.parse(body.replaced.expires_at) - Date.now()) / 60_000;
    assert.ok(minutes > 89 && minutes <= 90, `${minutes} minutes`);
    assert.deepEqual([await opens(key), await opens(body.key)], [true, true]);
    const again = await call('POST', `/keys/${info.id}/rotate`, { overlap_minutes: 10_000 });
    assert.equal(again.body.replaced.expires_at, body.replaced.expires_at, 'no rotation lets it live longer');
    await call('POST', `/keys/${info.id}/rotate`, { overlap_minutes: 0 });
    assert.deepEqual([await opens(key), await opens(body.key)], [false, true]);
  });

  it('can be ended, but for the last owner key that stays', async () => {
    const { call, info } = await tenant();
    const other = (await call('POST', '/keys', { role: 'viewer', name: 'reader' })).body;
    // One that ends by itself leaves nobody to decide afterwards.
    await call('POST', '/keys', { role: 'owner', name: 'for a day', expires_in_days: 1 });
    assert.equal((await call('DELETE', `/keys/${other.id}`)).status, 204);
    assert.equal((await call('DELETE', `/keys/${other.id}`)).status, 404);
    const refused = await call('DELETE', `/keys/${info.id}`);
    assert.deepEqual([refused.status, refused.body.type], [409, '/problems/last-owner-key']);
    const second = (await call('POST', '/keys', { role: 'owner', name: 'second' })).body;
    assert.equal((await call('DELETE', `/keys/${info.id}`)).status, 204);
    assert.ok(await opens(second.key));
    await api.database.db.execute(
      sql`update api_keys set expires_at = now() + interval '1 day' where id = ${second.id}`,
    );
    const last = await api.call('DELETE', `/keys/${second.id}`, { key: second.key });
    assert.equal(last.status, 409, 'nor the last one of all, though it ends by itself');
  });

  it('of two owners that end each other at once, one stays', async () => {
    const { call, info } = await tenant();
    const second = (await call('POST', '/keys', { role: 'owner', name: 'second' })).body;
    const ends = await Promise.all([
      call('DELETE', `/keys/${second.id}`),
      api.call('DELETE', `/keys/${info.id}`, { key: second.key }),
    ]);
    assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set([204, 409]));
  });

  it('of other tenants are not there', async () => {
    const { info } = await tenant();
    const { call } = await tenant();
    assert.equal((await call('DELETE', `/keys/${info.id}`)).status, 404);
    assert.equal((await call('POST', `/keys/${info.id}/rotate`, {})).status, 404);
    assert.ok(!JSON.stringify((await call('GET', '/keys')).body).includes(info.id));
  });

  it('leave a row in the audit log, by whom and to which', async () => {
    const { call, info } = await tenant();
    const made = (await call('POST', '/keys', { role: 'viewer', name: 'reader' })).body;
    const replaced = (await call('POST', `/keys/${made.id}/rotate`, {})).body;
    await call('DELETE', `/keys/${replaced.id}`);
    const { items } = (await call('GET', '/audit')).body;
    assert.deepEqual(
      items.map((row: { action: string; actor: string; detail: object }) => [row.action, row.actor, row.detail]),
      [
        ['key.revoke', `key:${info.id}`, { key_id: replaced.id, role: 'viewer', name: 'reader' }],
        ['key.rotate', `key:${info.id}`, { key_id: replaced.id, role: 'viewer', name: 'reader', replaces: made.id }],
        ['key.create', `key:${info.id}`, { key_id: made.id, role: 'viewer', name: 'reader' }],
        ['key.create', 'command', { key_id: info.id, role: 'owner', name: 'first' }],
      ],
    );
  });

  it('show when they were used, in one statement for many uses', async () => {
    const { call, info } = await tenant();
    assert.equal((await call('GET', '/keys')).body.items[0].last_used_at, null);
    const told: (readonly string[])[] = [];
    const uses = createKeyUses(
      async (ids) => {
        told.push(ids);
        await markKeysUsed(api.database.db, ids);
      },
      (error) => assert.fail(String(error)),
    );
    for (let use = 0; use < 5; use += 1) uses.mark(info.id);
    await uses.close();
    assert.deepEqual(told, [[info.id]]);
    const used = Date.parse((await call('GET', '/keys')).body.items[0].last_used_at);
    assert.ok(Math.abs(Date.now() - used) < 60_000);
  });

  it('cost their caller nothing when their use cannot be written down', async () => {
    const failures: unknown[] = [];
    const uses = createKeyUses(
      () => Promise.reject(new Error('away')),
      (error) => failures.push(error),
    );
    uses.mark('a');
    await uses.close();
    assert.equal(failures.length, 1);
  });
});
