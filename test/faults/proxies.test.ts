import assert from 'node:assert/strict';
import postgres from 'postgres';
import { CommitTap, type OnCommit } from '../../chaos/proxy/commit-tap.ts';
import { Cut, TcpProxy } from '../../chaos/proxy/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** What the chaos run strikes with: a proxy that kills at a commit has to know one. */
describe('the proxy before Postgres', () => {
  let database: TestDatabase;
  let direct: postgres.Sql;
  let proxy: TcpProxy;
  let sql: postgres.Sql;
  let onCommit: OnCommit;

  before(async () => {
    database = await createTestDatabase();
    direct = postgres(database.url, { max: 1 });
    await direct`create table seen (n int)`;
    const url = new URL(database.url);
    proxy = await TcpProxy.listen(Number(url.port), () => new CommitTap((...args) => onCommit(...args)));
    url.port = String(proxy.port);
    sql = postgres(url.href, { max: 2 });
  });
  beforeEach(async () => {
    onCommit = async () => {};
    await direct`truncate seen`;
  });
  after(async () => {
    await sql.end({ timeout: 1 });
    proxy.close();
    await direct.end();
    await database.drop();
  });

  const stored = async (): Promise<number[]> =>
    (await direct<{ n: number }[]>`select n from seen order by n`).map(({ n }) => n);
  const insert = (n: number) => sql.begin((tx) => tx`insert into seen values (${n})`);

  it('hears of each transaction before and after its commit, and of one that is a statement alone', async () => {
    const heard: string[] = [];
    onCommit = async (when, { statements }) => {
      if (when !== 'during') heard.push(`${when}: ${statements.join('; ')}, stored ${(await stored()).join()}`);
    };
    await insert(1);
    await sql`insert into seen values (${2})`;
    await sql`select n from seen`;
    await sql
      .begin((tx) => tx`insert into seen values (${3})`.then(() => Promise.reject(new Error('no'))))
      .catch(() => {});
    const text = 'insert into seen values ($1)';
    assert.deepEqual(heard, [
      `before: ${text}, stored `,
      `after: ${text}, stored 1`,
      `before: ${text}, stored 1`,
      `after: ${text}, stored 1,2`,
    ]);
  });

  it('cut before a commit nothing is stored, cut after it everything is; the client hears neither', async () => {
    for (const cutAt of ['before', 'after'] as const) {
      onCommit = async (when) => {
        if (when === cutAt) throw new Cut();
      };
      await assert.rejects(insert(4), { code: 'CONNECTION_CLOSED' });
      assert.deepEqual(await stored(), cutAt === 'before' ? [] : [4]);
    }
  });

  it('can take a commit back behind the back of its client', async () => {
    onCommit = async (when) => (when === 'before' ? 'skip' : undefined);
    await insert(5);
    await insert(6);
    onCommit = async () => {};
    await insert(7);
    assert.deepEqual(await stored(), [7]);
  });

  it('as a black hole forwards nothing, and everything when it ends', async () => {
    await insert(8);
    proxy.blackHole();
    let answered = false;
    const under = insert(9).then(() => (answered = true));
    await direct`select pg_sleep(.2)`;
    assert.deepEqual([answered, await stored()], [false, [8]]);
    proxy.endBlackHole();
    await under;
    assert.deepEqual(await stored(), [8, 9]);
  });

  it('that has gone refuses, until it comes back', async () => {
    await proxy.goAway();
    await assert.rejects(insert(10), (error: NodeJS.ErrnoException) => /CONNECT|ECONN/.test(error.code ?? ''));
    await proxy.comeBack();
    await insert(11);
    assert.deepEqual(await stored(), [11]);
  });
});
