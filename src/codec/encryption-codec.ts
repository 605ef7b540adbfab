import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, ValueError, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { ENCRYPTED } from '../workflows/contract.ts';
import type { NamedKey } from '../named-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
const ALGORITHM = 'aes-256-gcm';
/** Metadata that stands in the clear, under the names that Temporal's samples use. */
export const KEY_ID = 'encryption-key-id';
const CIPHER = 'encryption-cipher';
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface EncryptionOptions {
  /** The first encrypts, all decrypt. One at least. */
  readonly keys: readonly NamedKey[];
  /**
   * What cannot be decrypted is handed on as it is, once this is told why. For a worker, where an error would fail the
   * workflow task for ever over a signal that anybody may send. Not given: it is an error.
   */
  readonly undecodable?: (why: string) => void;
}

/**
 * Encrypts each payload whole, its metadata included, with AES-256-GCM (NIST SP 800-38D): a random nonce of 96 bits, the
 * ciphertext and the tag make the data, the key's name is additional data. Payloads that are not encrypted are decoded as
 * they are, so that what was written before the keys were there goes on. Throws ValueError on what it cannot decrypt.
 */
export function createEncryptionCodec({ keys, undecodable }: EncryptionOptions): PayloadCodec {
  const [own] = keys;
  if (own === undefined) throw new RangeError('a key is needed');
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret]));

  const decode = (payload: Payload): Payload => {
    if (textOf(payload, METADATA_ENCODING_KEY) !== ENCRYPTED) return payload;
    try {
      return decrypt(payload, secrets);
    } catch (error) {
      const why = error instanceof ValueError ? error.message : 'a payload was altered, or is none of ours';
      if (undecodable === undefined) throw new ValueError(why, error);
      undecodable(why);
      return payload;
    }
  };

  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, own)),
    decode: async (payloads) => payloads.map(decode),
  };
}

function encrypt(payload: Payload, { id, secret }: NamedKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, secret, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id));
  const plain = PayloadMessage.encode(payload).finish();
  const ciphertext = [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: {
      [METADATA_ENCODING_KEY]: Buffer.from(ENCRYPTED),
      [CIPHER]: Buffer.from('AES-256-GCM'),
      [KEY_ID]: Buffer.from(id),
    },
    data: Buffer.concat([iv, ...ciphertext]),
  };
}

function decrypt(payload: Payload, secrets: ReadonlyMap<string, Uint8Array>): Payload {
  const id = textOf(payload, KEY_ID);
  const secret = secrets.get(id);
  // A name that somebody made up is nothing to print whole.
  const shown = JSON.stringify(id.slice(0, 100));
  if (secret === undefined) throw new ValueError(`TEMPORAL_CODEC_KEYS has no key ${shown}, which encrypted a payload`);
  const data = Buffer.from(payload.data ?? []);
  const end = data.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, secret, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(id))
    .setAuthTag(data.subarray(Math.max(end, 0)));
  return PayloadMessage.decode(Buffer.concat([decipher.update(data.subarray(IV_BYTES, end)), decipher.final()]));
}

function textOf({ metadata }: Payload, name: string): string {
  const bytes = metadata?.[name];
  return bytes ? Buffer.from(bytes).toString() : '';
}
