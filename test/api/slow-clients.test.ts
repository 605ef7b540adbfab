import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { serveApp } from '../../src/api/serve.ts';
import { openTestApi, type TestApi } from './harness.ts';

const HEADERS = 'POST /feedback/t HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

/** Opened with the first part; `rest` is called once it is sent. What the server said until the connection closed. */
async function talk(port: number, first: string, rest: (write: (text: string) => void, end: () => void) => void) {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk) => (said += String(chunk)));
  // A server that closes early resets what is still on its way.
  socket.on('error', () => {});
  socket.write(first, () =>
    rest(
      (text) => socket.write(text),
      () => socket.destroy(),
    ),
  );
  await once(socket, 'close');
  return said;
}

describe('clients that are slow, cut off or endless', () => {
  let api: TestApi;
  let server: Awaited<ReturnType<typeof serveApp>>;
  before(async () => {
    api = await openTestApi();
    server = await serveApp(api.app.fetch, {
      host: '127.0.0.1',
      port: 0,
      timeToSend: { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 },
    });
  });
  after(async () => {
    await server.drain();
    await api.close();
  });
  const authorized = () => `${HEADERS}authorization: Bearer ${api.keys.owner}\r\n`;

  it('are told 408 and let go, in their headers and in their body', async () => {
    for (const part of [HEADERS, `${authorized()}content-length: 500\r\n\r\n{"score"`]) {
      assert.match(await talk(server.port, part, () => {}), /^HTTP\/1\.1 408 /, part);
    }
  });

  it('are told 413 when chunks pass the limit, however many are still to come', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const said = await talk(server.port, `${authorized()}transfer-encoding: chunked\r\n\r\n`, (write) => {
      for (let n = 0; n < 4; n += 1) write(chunk);
    });
    assert.match(said, /^HTTP\/1\.1 413 [^]*"type":"\/problems\/payload-too-large"/);
  });

  it('are no failure of the database, nor of the server', async () => {
    for (const framing of ['content-length: 500\r\n\r\n{"score"', 'transfer-encoding: chunked\r\n\r\n5\r\n{"sco']) {
      await talk(server.port, authorized() + framing, (_, end) => setTimeout(end, 50));
    }
    assert.deepEqual(api.logged, []);
    const { body } = await api.call('GET', '/metrics', { key: null });
    assert.doesNotMatch(body, /twinloop_http_request_duration_seconds_count\{[^}]*status="5\d\d"/);
    assert.match(body, /twinloop_http_request_duration_seconds_count\{[^}]*status="400"/);
  });
});
