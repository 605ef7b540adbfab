import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import postgres from 'postgres';
import { readPid } from '../../src/dev/processes.ts';
import { apiIsReady, waitUntil } from '../../src/dev/readiness.ts';
import { missingSearchAttributes } from '../../src/search-attributes.ts';
import { SWEEP_SCHEDULE_ID } from '../../src/workflows/contract.ts';
import { LocalSystem } from '../support/local-system.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const PROCESSES = ['worker', 'server', 'temporal', 'postgres'] as const;

describe('temporal-dev.sh', function () {
  this.timeout(180_000);
  let folder: TemporaryFolder;
  let system: LocalSystem;
  let values: Record<string, string>;

  before(async () => {
    folder = await createTemporaryFolder();
    system = await LocalSystem.create(join(folder.path, 'data'), { TWINLOOP_API_KEY: 'key-of-this-test' });
    values = await system.ready();
  });
  after(async () => {
    await system.end();
    await folder.remove();
  });

  const value = (name: string): string => values[name] ?? assert.fail(`no ${name} in ${JSON.stringify(values)}`);
  const pidOf = (name: string) => readPid(join(system.dataDir, `${name}.pid`));

  async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address: value('temporal') });
    try {
      return await work(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }

  it('says where everything is, and it is there', async () => {
    assert.deepEqual(Object.keys(values), ['api', 'docs', 'web-ui', 'temporal', 'database', 'api-key', 'next']);
    assert.equal(value('docs'), `${value('api')}/docs`);
    assert.equal(value('api-key'), 'key-of-this-test');
    assert.ok(value('next').includes(`TWINLOOP_URL=${value('api')} TWINLOOP_API_KEY=key-of-this-test`));
    for (const url of [value('docs'), value('web-ui')]) assert.equal((await fetch(url)).status, 200, url);
    const sql = postgres(value('database'), { max: 1 });
    const [row] = await sql`select count(*)::int as keys from api_keys`;
    assert.equal(row?.['keys'], 1);
    await sql.end();
    await withTemporal(async (client) => {
      assert.deepEqual(await missingSearchAttributes(client.connection, 'default'), []);
      const { state } = await client.schedule.getHandle(SWEEP_SCHEDULE_ID).describe();
      assert.equal(state.paused, false);
    });
  });

  it('takes its key as the owner of tenant demo', async () => {
    const ask = (key: string) => fetch(`${value('api')}/twins`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await ask(value('api-key'))).status, 200);
    assert.equal((await ask('dev-key')).status, 401);
  });

  it('refuses a second one on its data folder, and one on its ports', async () => {
    for (const [second, message] of [
      [system.twin(), new RegExp(`already running, pid ${await pidOf('supervisor')}`)],
      [
        await LocalSystem.create(join(folder.path, 'other'), { PORT: new URL(value('api')).port }),
        /in use\. Set PORT to a free one/,
      ],
    ] as const) {
      const [code] = await once(second.start(), 'close');
      assert.equal(code, 1);
      assert.match(second.output, message);
    }
  });

  for (const name of PROCESSES) {
    it(`starts the ${name} again when it is killed`, async () => {
      const before = await pidOf(name);
      assert.ok(before !== undefined);
      process.kill(before, 'SIGKILL');
      const replaced = await waitUntil(async () => ![undefined, before].includes(await pidOf(name)), 20_000);
      assert.ok(replaced, system.output);
      assert.match(system.output, new RegExp(`^${name} ended \\(SIGKILL\\): it is started again$`, 'm'));
      assert.ok(await waitUntil(() => apiIsReady(value('api')), 30_000), system.output);
    });
  }

  it('stops on SIGTERM without a process left, and keeps the data', async () => {
    await withTemporal((client) => client.schedule.getHandle(SWEEP_SCHEDULE_ID).pause('kept over a restart'));
    assert.ok(await waitUntil(async () => system.processes().length >= 4, 30_000), system.output);
    assert.equal(await system.signal('SIGTERM'), 0, system.output);
    assert.deepEqual(system.processes(), []);
    assert.deepEqual(
      (await readdir(system.dataDir)).filter((name) => name.endsWith('.pid')),
      [],
    );
    await Promise.all(['postgres', 'temporal.db', 'logs/worker.log'].map((name) => access(join(system.dataDir, name))));
  });

  it('starts again where it stopped, also after it was killed itself', async () => {
    await system.ready();
    await withTemporal(async (client) => {
      const { state } = await client.schedule.getHandle(SWEEP_SCHEDULE_ID).describe();
      assert.deepEqual([state.paused, state.note], [true, 'kept over a restart']);
    });
    await system.signal('SIGKILL');
    assert.ok(system.processes().length >= 4, 'what it started lives on without it');
    await system.ready();
    assert.match(system.output, /stopping the worker \(pid \d+\) that an earlier run left behind/);
  });

  it('stops on Ctrl-C, which its whole group gets', async () => {
    assert.equal(await system.signal('SIGINT', 'group'), 0, system.output);
    assert.deepEqual(system.processes(), []);
  });

  it('leaves no process when it is stopped during its start', async () => {
    const child = system.start();
    assert.ok(
      await waitUntil(
        async () => (await pidOf('postgres')) !== undefined,
        30_000,
        () => child.exitCode !== null,
      ),
    );
    assert.equal(await system.signal('SIGTERM'), 0, system.output);
    assert.deepEqual(system.processes(), []);
  });

  it("says what does not answer when the database is somebody else's", async () => {
    const elsewhere = { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none' };
    const other = await LocalSystem.create(join(folder.path, 'elsewhere'), elsewhere);
    const [code] = await once(other.start(), 'close');
    assert.equal(code, 1);
    assert.match(other.output, /The database in DATABASE_URL does not answer: .*ECONNREFUSED/);
    assert.deepEqual(other.processes(), []);
  });
});
