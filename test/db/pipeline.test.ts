import assert from 'node:assert/strict';
import { sql, type SQL } from 'drizzle-orm';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { pipelined } from '../../src/db/pipeline.ts';
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

  it('stores what its writes say, and answers what it read', async () => {
    const value = await pipelined(open.sql, async (send) => {
      const [row] = await send<{ one: number }>(once(sql`select ${1}::int as one`));
      return { value: row?.one, writes: [send(once(insert('a', 1))), send(once(insert('b', 2)))] };
    });
    assert.equal(value, 1);
    assert.deepEqual(await values(), { a: 1, b: 2 });
  });

  it('stores nothing when a write fails that the commit had followed at once', async () => {
    const failed = pipelined(open.sql, async (send) => ({
      value: 1,
      writes: [send(once(insert('a', 1))), send(once(insert('b', 200))), send(once(insert('c', 3)))],
    }));
    await assert.rejects(failed, { code: '23514' });
    assert.deepEqual(await values(), {});
    const again = pipelined(open.sql, async (send) => ({ value: 1, writes: [send(once(insert('d', 4)))] }));
    assert.equal(await again, 1, 'the connection is usable');
    assert.deepEqual(await values(), { d: 4 });
  });

  it('reads, after a lock it waited for, what was committed meanwhile', async () => {
    await open.sql`insert into counts values ('a', 0)`;
    const add = () =>
      pipelined(open.sql, async (send) => {
        const lock = send(once(sql`select 1 from counts where name = 'a' for update`));
        const read = send<{ value: number }>(once(sql`select value from counts where name = 'a'`));
        const [, [row]] = await Promise.all([lock, read]);
        const next = (row?.value ?? 0) + 1;
        return { value: next, writes: [send(once(sql`update counts set value = ${next} where name = 'a'`))] };
      });
    const answers = await Promise.all(Array.from({ length: 40 }, add));
    assert.deepEqual(
      answers.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    assert.deepEqual(await values(), { a: 40 });
  });

  it('runs again, and stores once, when its connection was cut', async () => {
    const attempts: boolean[] = [];
    await runAgain((again) =>
      pipelined(open.sql, async (send) => {
        attempts.push(again);
        if (!again) await send(once(sql`select pg_terminate_backend(pg_backend_pid())`));
        return { value: undefined, writes: [send(once(insert('a', 1)))] };
      }),
    );
    assert.deepEqual(attempts, [false, true]);
    assert.deepEqual(await values(), { a: 1 });
  });

  it('ends when its connection is cut while it waits, and so does an ordinary one', async () => {
    const cut = sql`select pg_terminate_backend(pg_backend_pid())`;
    await assert.rejects(
      pipelined(open.sql, async (send) => {
        await send(once(cut));
        return { value: 1, writes: [] };
      }),
    );
    await assert.rejects(
      open.db.transaction(async (tx) => {
        await tx.execute(cut);
      }),
    );
    // A statement sent into the closed socket would end this process in a later turn of the event loop.
    for (let turn = 0; turn < 20; turn++) await values();
  });

  it('runs again after a deadlock', async () => {
    await open.sql`insert into counts values ('a', 0), ('b', 0)`;
    const add = (first: string, second: string) =>
      runAgain(() =>
        pipelined(open.sql, async (send) => {
          await send(once(sql`update counts set value = value + 1 where name = ${first}`));
          await send(once(sql`select pg_sleep(0.1)`));
          return {
            value: undefined,
            writes: [send(once(sql`update counts set value = value + 1 where name = ${second}`))],
          };
        }),
      );
    await Promise.all([add('a', 'b'), add('b', 'a')]);
    assert.deepEqual(await values(), { a: 2, b: 2 });
  });

  it('is not run again for what would fail again', async () => {
    let attempts = 0;
    const failed = runAgain(() =>
      pipelined(open.sql, async (send) => {
        attempts += 1;
        return { value: 1, writes: [send(once(insert('a', 200)))] };
      }),
    );
    await assert.rejects(failed, { code: '23514' });
    assert.equal(attempts, 1);
  });
});
