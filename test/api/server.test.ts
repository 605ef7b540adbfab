import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/db/client.ts';
import { ensureDemoTenant } from '../../src/db/key-writes.ts';
import { childEnvironment } from '../../src/config.ts';
import { freePort } from '../../src/dev/ports.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
  readonly output: () => string;
}

describe('the server process, with Temporal away', () => {
  let database: TestDatabase;
  const servers: ChildProcess[] = [];

  before(async () => {
    database = await createTestDatabase();
    const open = openDatabase(database.url, { max: 1 });
    await ensureDemoTenant(open.db, 'dev-key');
    await open.close();
  });
  after(async () => {
    for (const server of servers) if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL');
    await database.drop();
  });

  function launch(port: number, env: Record<string, string> = {}): Server {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], {
      cwd: ROOT,
      env: {
        ...childEnvironment({}),
        DATABASE_URL: database.url,
        PORT: String(port),
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    servers.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    return { process: child, url: `http://127.0.0.1:${port}`, output: () => output };
  }

  async function start(env?: Record<string, string>): Promise<Server> {
    const server = launch(await freePort(), env);
    for (let tries = 0; tries < 200; tries += 1) {
      const up = await fetch(`${server.url}/healthz`).then(
        () => true,
        () => false,
      );
      if (up) return server;
      assert.equal(server.process.exitCode, null, server.output());
      await sleep(100);
    }
    throw new Error(`no answer: ${server.output()}`);
  }

  const ask = (server: Server, method: string, path: string, body?: object) =>
    fetch(`${server.url}${path}`, {
      method,
      headers: { authorization: 'Bearer dev-key', ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  it('is degraded, takes votes and commands, and refuses runs within 5 s', async () => {
    const server = await start();
    const ready = await fetch(`${server.url}/readyz`);
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), { status: 'degraded', postgres: 'ok', temporal: 'away' });
    assert.equal((await ask(server, 'POST', '/twins', { id: 'alone', name: 'Alone' })).status, 201);
    const started = Date.now();
    assert.equal((await ask(server, 'POST', '/feedback/t', { score: 1, twin_id: 'alone' })).status, 202);
    assert.equal((await ask(server, 'POST', '/twins/alone/learning/pause')).status, 200);
    assert.ok(Date.now() - started < 1_500, `${Date.now() - started} ms: nobody waits for a poke`);

    const asked = Date.now();
    const run = await ask(server, 'POST', '/twins/alone/persona-feedback-learning/runs', { force: true });
    assert.equal(run.status, 503);
    assert.ok(Date.now() - asked < 5_000, `${Date.now() - asked} ms`);
    server.process.kill('SIGTERM');
    const [code] = await once(server.process, 'exit');
    assert.equal(code, 0, server.output());
  });

  it('answers what is under way before it stops, and says meanwhile that it is not ready', async () => {
    const server = await start();
    await ask(server, 'POST', '/twins', { id: 'slow', name: 'Slow' });
    // No Temporal: this one is under way for more than four seconds.
    const slow = ask(server, 'POST', '/twins/slow/persona-feedback-learning/runs', { force: true });
    await sleep(300);
    server.process.kill('SIGTERM');
    await sleep(300);
    const ready = await fetch(`${server.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.equal(((await ready.json()) as { type: string }).type, '/problems/not-ready');
    assert.equal((await slow).status, 503);
    const [code] = await once(server.process, 'exit');
    assert.equal(code, 0, server.output());
    await assert.rejects(fetch(`${server.url}/healthz`));
  });

  it('refuses the development key in production', async () => {
    const server = await start({ NODE_ENV: 'production' });
    assert.equal((await ask(server, 'GET', '/twins')).status, 401);
    server.process.kill('SIGTERM');
    await once(server.process, 'exit');
  });

  it('says which variable helps when its port is in use', async () => {
    const first = await start();
    const second = launch(Number(new URL(first.url).port));
    const [code] = await once(second.process, 'exit');
    assert.equal(code, 1);
    assert.match(second.output(), /PORT \d+ .* is in use: set PORT/);
    assert.doesNotMatch(second.output(), /\n\s+at /);
    first.process.kill('SIGTERM');
    await once(first.process, 'exit');
  });
});
