import { every } from 'hono/combine';
import type { Context, MiddlewareHandler } from 'hono';
import type { KeyRole } from '../../db/vocabulary.ts';
import { readBody, type BodyRules } from './body.ts';
import type { ApiEnv } from './env.ts';
import { ApiProblem, validationProblem } from './problems.ts';
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
  throw new ApiProblem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="twinloop"' } });
}

/** Lets the roles through, and nobody without a valid key. */
function allow(roles: readonly KeyRole[]): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (key === undefined) return refuse(c, 'Send an API key as "authorization: Bearer KEY".');
    const caller = await c.get('findCaller')(key);
    if (caller === undefined) return refuse(c, 'The API key is unknown or revoked.');
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

/** Spread it into a route: who may call it, and how its body is read. */
export function access(roles: readonly KeyRole[], body?: BodyRules) {
  const steps = [allow(roles), checkQuery, ...(body === undefined ? [] : [readBody(body)])];
  return { security: [{ bearerAuth: [] }], middleware: every(...steps) as MiddlewareHandler<ApiEnv> };
}
