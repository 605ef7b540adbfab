import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveApp } from '../../src/api/serve.ts';

/** Of an answer; Node's code where there was none. Each request on a connection of its own, as from many clients. */
function ask(port: number, agent = new Agent()): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('a server that is told to stop under steady load', () => {
  it('answers whatever it takes, then refuses connections, and ends', async () => {
    const server = await serveApp(
      async () => {
        await sleep(30);
        return new Response('done');
      },
      { host: '127.0.0.1', port: 0 },
    );
    const answers: Promise<number | string>[] = [];
    let ended = false;
    const load = (async () => {
      // Always several under way: it never gets to a moment without any.
      while (!ended) {
        answers.push(ask(server.port));
        await sleep(10);
      }
    })();
    await sleep(200);
    await server.drain();
    ended = true;
    await load;
    const seen = new Set(await Promise.all(answers));
    assert.deepEqual(seen, new Set([200, 'ECONNREFUSED']));
  });

  it('answers what comes over connections that were kept, and ends each with its answer', async () => {
    const server = await serveApp(() => new Response('done'), { host: '127.0.0.1', port: 0 });
    const kept = Array.from({ length: 10 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    await Promise.all(kept.map((agent) => ask(server.port, agent)));
    const drained = server.drain();
    for (const agent of kept) {
      await sleep(100);
      assert.equal(await ask(server.port, agent), 200);
    }
    await drained;
    assert.equal(await ask(server.port, kept[0]), 'ECONNREFUSED');
  });
});
