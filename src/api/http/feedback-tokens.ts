import { randomUUID } from 'node:crypto';
import { decode, sign, verify } from 'hono/jwt';
import { JwtTokenExpired } from 'hono/utils/jwt/types';
import { z } from 'zod';
import type { Caller } from '../../db/keys.ts';
import type { NamedKey } from '../../named-keys.ts';
import { ApiProblem, unauthorized } from './problems.ts';

const ALG = 'HS256';
/** Room for the longest ids that are taken, each character escaped. */
export const MAX_TOKEN_LENGTH = 5_000;

const claimsSchema = z.object({
  aud: z.literal('twinloop-feedback'),
  /** Becomes the event id: one token is one vote. */
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  tenant_id: z.string(),
  /** The API key that asked for the token. */
  key_id: z.string(),
  twin_id: z.string(),
  trace_id: z.string(),
  message_id: z.string().optional(),
  rater_id: z.string().optional(),
});

/** What a token says of the one vote that it is for. */
export type FeedbackClaims = z.infer<typeof claimsSchema>;

/** What a token is to be bound to. */
export type TokenBinding = Pick<
  FeedbackClaims,
  'tenant_id' | 'key_id' | 'twin_id' | 'trace_id' | 'message_id' | 'rater_id'
>;

const looksSigned = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Told by its shape, so that an API key pays nothing for there being tokens. */
export const isTokenShaped = (bearer: string): boolean => bearer.startsWith('eyJ') && looksSigned.test(bearer);

/** Signs and reads feedback tokens (JWT, RFC 7519). The first key signs, all of them verify. */
export function createFeedbackTokens(
  keys: readonly NamedKey[],
  keyInForce: (keyId: string) => Promise<Caller | undefined>,
) {
  const known = new Map(
    keys.map(({ id, secret }) => [id, { kty: 'oct', kid: id, alg: ALG, k: Buffer.from(secret).toString('base64url') }]),
  );
  const [signing] = known.values();

  const claimsOf = async (token: string): Promise<FeedbackClaims> => {
    try {
      const key = known.get(decode(token).header.kid ?? '');
      if (key === undefined) throw new Error('signed with a key that is not in use');
      // Without iat: another server's clock may be a second ahead.
      return claimsSchema.parse(await verify(token, key, { alg: ALG, iat: false }));
    } catch (error) {
      // Nothing of the token goes into the answer or a log, so the cause is not kept.
      throw unauthorized(
        error instanceof JwtTokenExpired
          ? 'The feedback token has expired: ask the server of the page for a new one.'
          : 'The feedback token is not valid: it was changed, or its signing key is not in FEEDBACK_TOKEN_KEYS.',
      );
    }
  };

  return {
    /** Throws `feedback-tokens-off` where there is no key to sign with. */
    async mint(binding: TokenBinding, lifetimeSeconds: number): Promise<{ token: string; expires_at: string }> {
      if (signing === undefined) {
        throw new ApiProblem(
          'feedback-tokens-off',
          'This server has no key to sign feedback tokens with: its operator sets FEEDBACK_TOKEN_KEYS.',
        );
      }
      const iat = Math.floor(Date.now() / 1_000);
      const exp = iat + lifetimeSeconds;
      const claims: FeedbackClaims = { aud: 'twinloop-feedback', jti: randomUUID(), iat, exp, ...binding };
      return { token: await sign(claims, signing, ALG), expires_at: new Date(exp * 1_000).toISOString() };
    },

    /** What the token is for, and the caller that its vote has. Throws `unauthorized`. */
    async read(token: string): Promise<{ claims: FeedbackClaims; caller: Caller }> {
      const claims = await claimsOf(token);
      const minter = await keyInForce(claims.key_id);
      if (minter === undefined || minter.tenant_id !== claims.tenant_id) {
        throw unauthorized('The API key that made this feedback token is revoked.');
      }
      // Whatever the key may claim, a page may not.
      return { claims, caller: { ...minter, role: 'ingest' } };
    },
  };
}

export type FeedbackTokens = ReturnType<typeof createFeedbackTokens>;
