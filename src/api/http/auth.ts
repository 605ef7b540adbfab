import { every } from 'hono/combine';
import type { Context, MiddlewareHandler } from 'hono';
import type { KeyRole } from '../../db/vocabulary.ts';
import { readBody, type BodyRules } from './body.ts';
import type { ApiEnv } from './env.ts';
import { isTokenShaped, MAX_TOKEN_LENGTH } from './feedback-tokens.ts';
import { ApiProblem, unauthorized, validationProblem } from './problems.ts';
import { textErrors } from './text.ts';

/** Which keys may do what. */
export const ROLES = {
  command: ['owner'],
  read: ['owner', 'viewer'],
  ingest: ['owner', 'ingest'],
  any: ['owner', 'ingest', 'viewer'],
} as const satisfies Record<string, readonly KeyRole[]>;

/** Throws `unauthorized`, or `rate-limited` to those who try too often. */
async function refuse(c: Context<ApiEnv>, detail: string): Promise<never> {
  await c.get('limits').countStranger(c);
  throw unauthorized(detail);
}

const MAX_KEY_LENGTH = 200;
const BEARER = new RegExp(`^Bearer +([\\x21-\\x7e]{1,${MAX_TOKEN_LENGTH}})$`, 'i');

/** Lets a feedback token through; the handler holds the vote to `feedbackClaims`. Counted by address: pages hold it. */
async function admitToken(c: Context<ApiEnv>, token: string): Promise<void> {
  await c.get('limits').countStranger(c);
  const { claims, caller } = await c.get('feedbackTokens').read(token);
  c.set('feedbackClaims', claims);
  c.set('caller', caller);
}

/** Lets the roles through, and nobody without a valid key, or a feedback token where one is taken. */
function allow(roles: readonly KeyRole[], takesToken: boolean): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const key = BEARER.exec(c.req.header('authorization') ?? '')?.[1];
    if (key !== undefined && isTokenShaped(key)) {
      if (!takesToken) return refuse(c, 'A feedback token is for POST /feedback/{trace_id} only: send an API key.');
      await admitToken(c, key);
      return next();
    }
    if (key === undefined || key.length > MAX_KEY_LENGTH) {
      return refuse(c, 'Send an API key as "authorization: Bearer KEY".');
    }
    const caller = await c.get('findCaller')(key);
    if (caller === undefined) return refuse(c, 'The API key is unknown or revoked.');
    c.get('keyUsed')(caller.key_id);
    await c.get('limits').countKey(caller.key_id);
    if (!roles.includes(caller.role)) {
      throw new ApiProblem('forbidden', `This needs the role ${roles.join(' or ')}; this key has ${caller.role}.`);
    }
    c.set('caller', caller);
    await next();
  };
}

/** Parameters are refused for the same characters as bodies. */
const checkQuery: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const errors = textErrors(c.req.query());
  if (errors.length > 0) throw validationProblem(errors);
  await next();
};

/** Spread it into a route: who may call it, whether with a feedback token too, and how its body is read. */
export function access(roles: readonly KeyRole[], body?: BodyRules, { takesToken = false } = {}) {
  const steps = [allow(roles, takesToken), checkQuery, ...(body === undefined ? [] : [readBody(body)])];
  const security: Record<string, string[]>[] = [{ bearerAuth: [] }, ...(takesToken ? [{ feedbackToken: [] }] : [])];
  return { security, middleware: every(...steps) as MiddlewareHandler<ApiEnv> };
}
