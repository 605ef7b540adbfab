import assert from 'node:assert/strict';
import postgres from 'postgres';
import { openDatabase } from '../../src/db/client.ts';
import { findKey } from '../../src/db/keys.ts';
import { freePort } from '../../src/dev/ports.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { cli } from './support.ts';

describe('twinloop keys, retention and migrate', () => {
  let own: TestDatabase;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    own = await createTestDatabase();
    env = { DATABASE_URL: own.url };
  });
  after(() => own.drop());

  const roleOf = async (key: string) => {
    const database = openDatabase(own.url, { max: 1 });
    try {
      return (await findKey(database.db, key))?.role;
    } finally {
      await database.close();
    }
  };

  it('shows and sets for how long a tenant keeps texts', async () => {
    await cli(['keys', 'create', '--tenant', 'brief', '--role', 'viewer', '--create-tenant'], env);
    const retention = (options: string[], more: NodeJS.ProcessEnv = {}) =>
      cli(['retention', '--tenant', 'brief', ...options], { ...env, ...more });
    const shown = { tenant_id: 'brief', text_days: 180, source: 'environment' };
    assert.deepEqual((await retention([])).json(), shown);
    assert.deepEqual((await retention(['--text-days', '30'])).json(), { ...shown, text_days: 30, source: 'tenant' });
    assert.deepEqual((await retention([], { FEEDBACK_TEXT_RETENTION_DAYS: '90' })).json().text_days, 30);
    const inherited = await retention(['--inherit'], { FEEDBACK_TEXT_RETENTION_DAYS: '90' });
    assert.deepEqual(inherited.json(), { ...shown, text_days: 90 });
    assert.equal((await retention(['--text-days', '366'])).code, 2);
    assert.equal((await retention(['--text-days', '30', '--inherit'])).code, 2);
    const unknown = await cli(['retention', '--tenant', 'nobody', '--text-days', '30'], env);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /no tenant nobody/);
  });

  it('makes a key that works, lists it without its secret, and revokes it', async () => {
    const made = await cli(
      ['keys', 'create', '--tenant', 'acme', '--role', 'ingest', '--name', 'widget', '--create-tenant'],
      env,
    );
    assert.equal(made.code, 0, made.err);
    const { key, id, tenant_id, role, name } = made.json();
    assert.deepEqual([tenant_id, role, name], ['acme', 'ingest', 'widget']);
    assert.equal(await roleOf(key), 'ingest');

    const listed = await cli(['keys', 'list', '--tenant', 'acme'], env);
    assert.deepEqual([listed.json().items.length, listed.json().items[0].id], [1, id]);
    assert.ok(!listed.out.includes(key));
    assert.deepEqual((await cli(['keys', 'list', '--tenant', 'other'], env)).json(), { items: [] });

    assert.deepEqual((await cli(['keys', 'revoke', id], env)).json(), { id, revoked: true });
    assert.equal(await roleOf(key), undefined);
    const again = await cli(['keys', 'revoke', id], env);
    assert.deepEqual([again.code, again.out], [1, '']);
    assert.match(again.err, /no key .* in force/);
  });

  it('makes no tenant by a slip of the pen', async () => {
    const { code, out, err } = await cli(['keys', 'create', '--tenant', 'acne', '--role', 'owner'], env);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /no tenant acne; --create-tenant makes it/);
  });

  it('migrates a database once', async () => {
    const sql = postgres(own.url, { max: 1, onnotice: () => {} });
    try {
      await sql`drop schema public cascade`;
      await sql`drop schema drizzle cascade`;
      await sql`create schema public`;
      const before = await cli(['keys', 'list'], env);
      assert.equal(before.code, 1);
      assert.match(before.err, /lacks migrations: twinloop migrate/);
      const first = (await cli(['migrate'], env)).json();
      assert.ok(first.total > 0 && first.applied === first.total, JSON.stringify(first));
      assert.deepEqual((await cli(['migrate'], env)).json(), { applied: 0, total: first.total });
      assert.equal((await cli(['keys', 'list'], env)).code, 0);
    } finally {
      await sql.end();
    }
  });

  it('says who does not answer, without the password', async () => {
    const url = `postgres://u:geheim@127.0.0.1:${await freePort()}/x`;
    for (const verb of [['keys', 'list'], ['migrate'], ['sweep', '--once']]) {
      const { code, out, err } = await cli(verb, { DATABASE_URL: url });
      assert.deepEqual([code, out], [1, ''], verb.join(' '));
      assert.match(err, /Cannot reach Postgres at postgres:\/\/u:\*\*\*@127.*is temporal-dev\.sh running/);
      assert.ok(!err.includes('geheim'));
    }
    const none = own.url.replace(/\/[^/]*$/, '/absent');
    assert.match((await cli(['migrate'], { DATABASE_URL: none })).err, /no database at .*doctor --fix/);
  });
});
