import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type SQL } from 'drizzle-orm';
import postgres from 'postgres';
import { TcpProxy } from '../../chaos/proxy/tcp-proxy.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { isConnectionError } from '../../src/db/errors.ts';
import { Pipelines, type Send } from '../../src/db/pipeline.ts';
import { waitUntil } from '../../src/dev/readiness.ts';
import { runAgain } from '../../src/db/run-again.ts';
import { statement } from '../../src/db/statement.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const once = (query: SQL) => statement(query)({});

describe('a pipelined transaction', () => {
  let database: TestDatabase;
  let open: OpenDatabase;

  before(async () => {
    database = await createTestDatabase();
    open = openDatabase(database.url);
    await open.sql`create table counts (name text primary key, value int not null check (value < 100))`;
  });
  after(async () => {
    await open.close();
    await database.drop();
  });
  beforeEach(() => open.sql`truncate counts`);

  const values = async (): Promise<Record<string, number>> => {
    const rows = await open.sql<{ name: string; value: number }[]>`select name, value from counts order by name`;
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  };
  const insert = (name: string, value: number) => sql`insert into counts values (${name}, ${value})`;

  const insertThe = (send: Send, ...rows: readonly (readonly [string, number])[]) =>
    rows.map(([name, value]) => send(once(insert(name, value))));
  const nothing = async () => undefined;

  it('stores what its writes say, and answers what it read', async () => {
    const value = await open.pipelines.transaction({
      read: (send) => send<{ one: number }>(once(sql`select ${1}::int as one`)),
      write: ([row], send) => ({ value: row?.one, writes: insertThe(send, ['a', 1], ['b', 2]) }),
    });
    assert.equal(value, 1);
    assert.deepEqual(await values(), { a: 1, b: 2 });
  });

  it('stores nothing when a write fails that the commit had followed at once', async () => {
    const add = (...rows: readonly (readonly [string, number])[]) =>
      open.pipelines.transaction({
        read: nothing,
        write: (_, send) => ({ value: 1, writes: insertThe(send, ...rows) }),
      });
    await assert.rejects(add(['a', 1], ['b', 200], ['c', 3]), { code: '23514' });
    assert.deepEqual(await values(), {});
    assert.equal(await add(['d', 4]), 1, 'the connection is usable');
    assert.deepEqual(await values(), { d: 4 });
  });

  it('stores nothing when a read fails, or what follows it, and ends its transaction', async () => {
    const wrong = [
      { read: (send: Send) => send(once(sql`select 1 / 0`)), write: () => ({ value: 1, writes: [] }) },
      {
        read: (send: Send) => send(once(insert('a', 1))),
        write: () => {
          throw new RangeError('a bug');
        },
      },
    ];
    for (const work of wrong) {
      await assert.rejects(open.pipelines.transaction<unknown, unknown>(work));
      const rows = await open.sql`
        select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
      assert.equal(rows.length, 0);
    }
    assert.deepEqual(await values(), {});
  });

  it('reads, after a lock it waited for, what was committed meanwhile', async () => {
    await open.sql`insert into counts values ('a', 0)`;
    const add = () =>
      open.pipelines.transaction({
        read: async (send) => {
          const lock = send(once(sql`select 1 from counts where name = 'a' for update`));
          const read = send<{ value: number }>(once(sql`select value from counts where name = 'a'`));
          const [, [row]] = await Promise.all([lock, read]);
          return (row?.value ?? 0) + 1;
        },
        write: (value, send) => ({
          value,
          writes: [send(once(sql`update counts set value = ${value} where name = 'a'`))],
        }),
      });
    const answers = await Promise.all(Array.from({ length: 40 }, add));
    assert.deepEqual(
      answers.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    assert.deepEqual(await values(), { a: 40 });
  });

  const cut = once(sql`select pg_terminate_backend(pg_backend_pid())`);

  it('runs again, and stores once, when its connection was cut', async () => {
    const attempts: boolean[] = [];
    await runAgain((again) =>
      open.pipelines.transaction({
        read: async (send) => {
          attempts.push(again);
          if (!again) await send(cut);
        },
        write: (_, send) => ({ value: undefined, writes: insertThe(send, ['a', 1]) }),
      }),
    );
    assert.deepEqual(attempts, [false, true]);
    assert.deepEqual(await values(), { a: 1 });
  });

  it('writes nothing when its connection was cut between its reads', async () => {
    for (const first of [true, false]) {
      await assert.rejects(
        open.pipelines.transaction({
          // The second statement finds a new connection, on which no transaction was begun.
          read: async (send) => {
            const gone = send(cut).catch(() => undefined);
            if (first) await gone;
            await send(once(sql`select 1`));
          },
          write: (_, send) => ({ value: 1, writes: insertThe(send, ['a', 1]) }),
        }),
        (error) => isConnectionError(error),
      );
      assert.deepEqual(await values(), {});
    }
  });

  describe('behind a network that swallows what it is given', () => {
    let proxy: TcpProxy;
    let pipelines: Pipelines;
    const read = (send: Send) => send(once(sql`select 1 from counts where name = 'a' for update`));
    const add = () =>
      pipelines.transaction({
        read,
        write: (_, send) => ({ value: 1, writes: [send(once(sql`update counts set value = value + 1`))] }),
      });
    const lost = (error: unknown): boolean => isConnectionError(error);

    beforeEach(async () => {
      await open.sql`insert into counts values ('a', 0)`;
      const url = new URL(database.url);
      proxy = await TcpProxy.listen(Number(url.port));
      url.port = String(proxy.port);
      const connect = (onclose: () => void) => postgres(url.href, { max: 1, connect_timeout: 1, onclose });
      pipelines = new Pipelines(1, connect, 2_000);
    });
    afterEach(async () => {
      proxy.close();
      await pipelines.end();
    });

    it('leaves no transaction behind on a connection that it could not open in time', async () => {
      proxy.blackHole();
      await assert.rejects(add(), lost);
      // Whatever its client still waits to send is on its way into a new connection by now.
      await sleep(500);
      proxy.endBlackHole();
      assert.equal(await add(), 1);
      const rows = await open.sql`
        select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
      assert.equal(rows.length, 0);
      assert.deepEqual(await values(), { a: 1 });
    });

    it('ends when nothing is heard of one, and goes on over another', async () => {
      await add();
      proxy.blackHole();
      await assert.rejects(add(), lost);
      proxy.endBlackHole();
      // What it had sent arrives now, without its commit.
      assert.ok(await waitUntil(() => add().then(() => true), 10_000));
      assert.deepEqual(await values(), { a: 2 });
    });
  });

  it('ends when its connection is cut while it waits, and so does an ordinary one', async () => {
    await assert.rejects(
      open.pipelines.transaction({
        read: (send) => send(cut),
        write: () => ({ value: 1, writes: [] }),
      }),
    );
    await assert.rejects(
      open.db.transaction(async (tx) => {
        await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
      }),
    );
    // A statement sent into the closed socket would end this process in a later turn of the event loop.
    for (let turn = 0; turn < 20; turn++) await values();
  });

  it('runs again after a deadlock', async () => {
    await open.sql`insert into counts values ('a', 0), ('b', 0)`;
    const change = (name: string) => once(sql`update counts set value = value + 1 where name = ${name}`);
    const add = (first: string, second: string) =>
      runAgain(() =>
        open.pipelines.transaction({
          read: async (send) => {
            await send(change(first));
            await send(once(sql`select pg_sleep(0.1)`));
          },
          write: (_, send) => ({ value: undefined, writes: [send(change(second))] }),
        }),
      );
    await Promise.all([add('a', 'b'), add('b', 'a')]);
    assert.deepEqual(await values(), { a: 2, b: 2 });
  });

  it('is not run again once it has taken seconds', async () => {
    const now = performance.now.bind(performance);
    let attempts = 0;
    try {
      const failed = runAgain(async () => {
        attempts += 1;
        performance.now = () => now() + 6_000;
        throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      });
      await assert.rejects(failed, { code: 'ECONNRESET' });
    } finally {
      performance.now = now;
    }
    assert.equal(attempts, 1);
  });

  it('is not run again for what would fail again', async () => {
    let attempts = 0;
    const failed = runAgain(() =>
      open.pipelines.transaction({
        read: async () => {
          attempts += 1;
        },
        write: (_, send) => ({ value: 1, writes: insertThe(send, ['a', 200]) }),
      }),
    );
    await assert.rejects(failed, { code: '23514' });
    assert.equal(attempts, 1);
  });
});
