import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { createEncryptionCodec } from '../../src/codec/encryption-codec.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { codecKey } from './keys.ts';

const payload: Payload = defaultPayloadConverter.toPayload({ twinId: 'somebody' });
const [blue, green] = [codecKey('blue'), codecKey('green')];
const codec = createEncryptionCodec({ keys: [blue] });

const encrypted = async (): Promise<Payload & { metadata: Record<string, Uint8Array>; data: Uint8Array }> => {
  const [one] = await codec.encode([payload]);
  return { metadata: { ...one?.metadata }, data: one?.data ?? new Uint8Array() };
};
const value = (one: Payload | undefined): unknown => one && defaultPayloadConverter.fromPayload(one);

describe('the payload codec', () => {
  it('gives back what it was given, and hides it and its encoding', async () => {
    const one = await encrypted();
    assert.deepEqual(value((await codec.decode([one]))[0]), { twinId: 'somebody' });
    assert.ok(!Buffer.from(one.data).includes('somebody') && !Buffer.from(one.data).includes('json/plain'));
    assert.deepEqual(
      Object.fromEntries(Object.entries(one.metadata).map(([name, bytes]) => [name, Buffer.from(bytes).toString()])),
      { encoding: 'binary/encrypted', 'encryption-cipher': 'AES-256-GCM', 'encryption-key-id': 'blue' },
    );
  });

  it('never encrypts alike twice', async () => {
    const [one, other] = [await encrypted(), await encrypted()];
    assert.notDeepEqual(one.data, other.data);
  });

  it('takes what is not encrypted as it is', async () => {
    assert.deepEqual(await codec.decode([payload, {}]), [payload, {}]);
  });

  it('encrypts with the first key and decrypts with all', async () => {
    const rotated = createEncryptionCodec({ keys: [green, blue] });
    assert.deepEqual(value((await rotated.decode([await encrypted()]))[0]), { twinId: 'somebody' });
    const [one] = await rotated.encode([payload]);
    assert.equal(Buffer.from(one?.metadata?.['encryption-key-id'] ?? '').toString(), 'green');
  });

  it('names the key that it lacks, and the variable', async () => {
    const other = createEncryptionCodec({ keys: [green] });
    await assert.rejects(other.decode([await encrypted()]), /TEMPORAL_CODEC_KEYS has no key "blue"/);
  });

  it('refuses what was altered, cut short, or put under another name', async () => {
    const one = await encrypted();
    const flipped = Uint8Array.from(one.data, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    const both = createEncryptionCodec({ keys: [blue, { id: 'green', secret: blue.secret }] });
    for (const wrong of [
      { ...one, data: flipped },
      { ...one, data: one.data.subarray(0, 20) },
      { ...one, data: new Uint8Array() },
      { ...one, metadata: { ...one.metadata, 'encryption-key-id': Buffer.from('green') } },
    ]) {
      await assert.rejects(both.decode([wrong]), /altered, or is none of ours/);
      const told: string[] = [];
      const patient = createEncryptionCodec({ keys: [blue], undecodable: (why) => told.push(why) });
      assert.deepEqual(await patient.decode([wrong]), [wrong]);
      assert.equal(told.length, 1);
    }
  });
});

describe('TEMPORAL_CODEC_KEYS', () => {
  const secret = randomBytes(32).toString('base64');

  it('is a list of named keys', () => {
    const { codecKeys } = loadConfig({ TEMPORAL_CODEC_KEYS: `a:${secret}, b.2:${secret}` }).temporal;
    assert.deepEqual(
      codecKeys?.map((key) => [key.id, Buffer.from(key.secret).toString('base64')]),
      [
        ['a', secret],
        ['b.2', secret],
      ],
    );
    assert.equal(loadConfig({}).temporal.codecKeys, undefined);
  });

  it('is refused, without being shown, when it is not', () => {
    const short = randomBytes(16).toString('base64');
    for (const wrong of [secret, `a:${short}`, `a:${secret},`, `a:${secret},a:${secret}`, `:${secret}`]) {
      assert.throws(
        () => loadConfig({ TEMPORAL_CODEC_KEYS: wrong }),
        (error) =>
          error instanceof ConfigError &&
          /TEMPORAL_CODEC_KEYS: must be keys such as .* openssl rand -base64 32/.test(error.message) &&
          !error.message.includes(secret) &&
          !error.message.includes(short),
      );
    }
  });
});
