import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveApp, type ApiServer } from '../../src/api/serve.ts';
import { openTestApi, type Json, type TestApi } from './harness.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/chat-client/', import.meta.url));
const run = promisify(execFile);

describe('the chat client example', () => {
  let api: TestApi;
  let server: ApiServer;
  let connectTwin: (options: object) => Json;

  before(async () => {
    api = await openTestApi();
    server = await serveApp(api.app.fetch, { host: '127.0.0.1', port: 0 });
    // By a path that the type check of the repository does not follow: its types are made by the first test.
    ({ connectTwin } = await import(`${EXAMPLE}client.ts`));
  });
  after(async () => {
    await server.drain();
    await api.close();
  });

  it('compiles against the types of openapi.json', async () => {
    await run('npm', ['run', '--silent', 'types'], { cwd: EXAMPLE });
    await run('npm', ['run', '--silent', 'check'], { cwd: EXAMPLE }).catch((error: { stdout: string }) => {
      assert.fail(error.stdout);
    });
  });

  it('asks for prompts and votes on what they made', async () => {
    const twinId = await api.twin();
    const url = `http://127.0.0.1:${server.port}`;
    const twin = connectTwin({ url, apiKey: api.keys.ingest, twinId, fallbackPrompt: 'Be kind.', timeoutMs: 5_000 });
    const turn = await twin.ask('Why is the sky blue?', 'advice_or_stance');
    assert.equal(turn.system, turn.prompt.prompt);
    assert.equal(await twin.rate(turn, { score: -1, raterId: 'ann', reason: 'incomplete', comment: 'more' }), true);
    const [vote] = (await api.call('GET', `/twins/${twinId}/feedback`)).body.items;
    assert.equal(vote.trace_id, turn.traceId);
    assert.equal(vote.query, 'Why is the sky blue?');
    assert.equal(vote.intent_label, 'advice_or_stance');
    assert.equal(
      await connectTwin({ url, apiKey: 'wrong', twinId, fallbackPrompt: '' }).rate(turn, { score: 1 }),
      false,
    );
  });

  it('goes on with the last good prompt when Twinloop is slow or away, and with its own before that', async () => {
    const twinId = await api.twin();
    let delayMs = 0;
    const slow = await serveApp(
      async (request) => {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return api.app.fetch(request);
      },
      { host: '127.0.0.1', port: 0 },
    );
    const options = {
      url: `http://127.0.0.1:${slow.port}`,
      apiKey: api.keys.ingest,
      twinId,
      fallbackPrompt: 'Be kind.',
    };
    const twin = connectTwin({ ...options, timeoutMs: 2_000 });
    const good = await twin.ask('One?');
    delayMs = 4_000;
    const started = Date.now();
    const late = await twin.ask('Two?');
    assert.ok(Date.now() - started < 3_500, `${Date.now() - started} ms`);
    assert.equal(late.system, good.system);
    assert.notEqual(late.traceId, good.traceId);
    delayMs = 0;
    await slow.drain();
    const away = await twin.ask('Three?');
    assert.equal(away.system, good.system);
    assert.equal((await connectTwin(options).ask('Four?')).system, 'Be kind.');
    assert.equal(await twin.rate(away, { score: 1 }, 1), false);
  });
});
