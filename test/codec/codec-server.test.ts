import assert from 'node:assert/strict';
import { createCodecServer } from '../../src/codec/codec-server.ts';
import { createEncryptionCodec } from '../../src/codec/encryption-codec.ts';
import { codecKey } from './keys.ts';

const origin = 'http://127.0.0.1:8233';
const server = createCodecServer(createEncryptionCodec({ keys: [codecKey('k')] }), { origin });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plain = { metadata: { encoding: base64('json/plain') }, data: base64('{"twinId":"t"}') };

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  server.request(`http://127.0.0.1:8234${path}`, {
    method: 'POST',
    headers: { host: '127.0.0.1:8234', 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('the codec server', () => {
  it('encodes and decodes as the remote codec protocol says', async () => {
    const encoded = (await (await post('/encode', { payloads: [plain] })).json()) as { payloads: object[] };
    assert.ok(!JSON.stringify(encoded).includes(plain.data));
    const decoded = await (await post('/decode', encoded)).json();
    assert.deepEqual(decoded, { payloads: [plain] });
  });

  it('takes the empty body that the temporal command sends for no payloads', async () => {
    assert.deepEqual(await (await post('/decode', {})).json(), { payloads: [] });
  });

  it("answers under this machine's own names only", async () => {
    for (const host of ['localhost:8234', '[::1]:8234'])
      assert.equal((await post('/decode', {}, { host })).status, 200);
    for (const host of ['rebound.example', '127.0.0.1.example:8234', '10.0.0.1'])
      assert.equal((await post('/decode', {}, { host })).status, 403);
  });

  it('lets pages of the Web UI read its answers, and no others', async () => {
    const allowed = async (from: string) =>
      (await post('/decode', {}, { origin: from })).headers.get('access-control-allow-origin');
    assert.equal(await allowed(origin), origin);
    assert.equal(await allowed('https://elsewhere.example'), null);
  });

  it('says what is wrong with a body, or with a payload', async () => {
    for (const body of ['', '[]', '{"payloads":[1]}', '{"payloads":[{"data":"%"}]}'])
      assert.equal((await post('/decode', body)).status, 400, body);
    const foreign = { metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('x') }, data: '' };
    const answer = await post('/decode', { payloads: [foreign] });
    assert.equal(answer.status, 422);
    assert.match(await answer.text(), /no key "x"/);
  });
});
