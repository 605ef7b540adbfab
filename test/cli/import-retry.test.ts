import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn } from './support.ts';

interface SentBatch {
  readonly items: { readonly event_id: string }[];
  readonly learn: string;
}

const lines = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ event_id: `e${i}`, score: 1, answer: 'a' }));

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const type = status < 300 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
}

/** A server in trouble: `onBatch` answers a batch, or says that it is to be taken. */
describe('twinloop import and a server in trouble', function () {
  this.timeout(20_000);
  let folder: TemporaryFolder;
  let server: Server;
  let batches: SentBatch[];
  let onBatch: (request: IncomingMessage, response: ServerResponse, count: number) => 'take' | 'answered';

  before(async () => {
    folder = await createTemporaryFolder();
    server = createServer((request, response) => {
      if (request.method === 'GET') return answer(response, 200, { id: 't' });
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const batch = JSON.parse(text) as SentBatch;
        batches.push(batch);
        if (onBatch(request, response, batches.length) === 'answered') return;
        const items = batch.items.map(({ event_id }) => ({ success: true, event_id }));
        answer(response, 202, { items, stored: items.length, duplicate: 0, not_counted: 0, failed: 0 });
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    batches = [];
    onBatch = () => 'take';
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  async function run(count: number) {
    const file = await fileIn(folder.path, 'votes.jsonl', lines(count));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return cli(['import', file, '--twin', 't'], { TWINLOOP_URL: url });
  }

  it('puts learning off with every batch but the last', async () => {
    assert.equal((await run(1_200)).code, 0);
    assert.deepEqual(
      batches.map(({ items, learn }) => [items.length, learn]),
      [
        [500, 'later'],
        [500, 'later'],
        [200, 'now'],
      ],
    );
  });

  it('sends a batch again when the connection breaks, or the server asks it to wait', async () => {
    onBatch = (request, response, count) => {
      if (count === 1) request.socket.destroy();
      else if (count === 2) answer(response, 503, { title: 'Away', detail: 'Later.' }, { 'retry-after': '0' });
      else if (count === 3) answer(response, 429, { title: 'Too much', detail: 'Later.' });
      else return 'take';
      return 'answered';
    };
    const { code, err, json } = await run(3);
    assert.deepEqual([code, json().inserted, batches.length], [0, 3, 4]);
    assert.match(err, /trying again: Cannot reach the API/);
    assert.match(err, /trying again: POST \/feedback: Away\. Later\./);
  });

  it('does not send again what is refused, and says that the import can be repeated', async () => {
    onBatch = (_request, response) => {
      answer(response, 413, { title: 'Too large', detail: 'Smaller.' });
      return 'answered';
    };
    const { code, out, err } = await run(3);
    assert.deepEqual([code, out, batches.length], [1, '', 1]);
    assert.match(err, /Run the same command again/);
    assert.match(err, /POST \/feedback: Too large\. Smaller\./);
  });

  it('shows each field of a problem', async () => {
    onBatch = (_request, response) => {
      answer(response, 422, { title: 'Bad', detail: 'x', errors: [{ pointer: '/items', detail: 'is too short' }] });
      return 'answered';
    };
    assert.match((await run(1)).err, /\n {2}\/items: is too short/);
  });
});
