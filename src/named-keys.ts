import { z } from 'zod';

/** A key of 32 bytes under the name that stands in the clear beside what it has encrypted or signed. */
export interface NamedKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

const KEY = /^(?<id>[A-Za-z0-9._-]{1,100}):(?<secret>[A-Za-z0-9+/]{43}=)$/;

/** `id:base64 of 32 bytes`, comma-separated. No message holds any of it. */
export const namedKeysSchema = z.string().transform((value, context): NamedKey[] => {
  const keys = value.split(',').map((entry): NamedKey | undefined => {
    const { id, secret } = KEY.exec(entry.trim())?.groups ?? {};
    return id === undefined || secret === undefined ? undefined : { id, secret: Buffer.from(secret, 'base64') };
  });
  const usable = keys.filter((key) => key !== undefined);
  if (usable.length === keys.length && new Set(usable.map(({ id }) => id)).size === usable.length) return usable;
  context.addIssue(
    'must be keys such as name:BASE64, comma-separated, each name once, each BASE64 of 32 bytes; make one with: openssl rand -base64 32',
  );
  return z.NEVER;
});
