import { createRoute } from '@hono/zod-openapi';
import { createKey, OVERLAP_MINUTES, revokeKey, rotateKey } from '../db/key-writes.ts';
import { pageKeys } from '../db/keys.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem, notFound } from './http/problems.ts';
import { bodyProblems, json, optionalBody, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { actorOf, listQuery, pageOf } from './schemas/common.ts';
import {
  keyParams,
  keySchema,
  keyView,
  madeKeySchema,
  newKeySchema,
  rotatedKeySchema,
  rotationSchema,
} from './schemas/key.ts';

const tags = ['Keys'];

const list = createRoute({
  method: 'get',
  path: '/keys',
  operationId: 'listKeys',
  summary: "The tenant's API keys, ended ones too, with their last use",
  tags,
  ...access(ROLES.command),
  request: { query: listQuery },
  responses: {
    200: json(pageOf(keySchema, 'ApiKeyPage'), 'A page of keys, without their secrets.'),
    ...readProblems(),
  },
});

const create = createRoute({
  method: 'post',
  path: '/keys',
  operationId: 'createKey',
  summary: 'Make an API key',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.default }),
  request: requiredBody(newKeySchema),
  responses: { 201: json(madeKeySchema, 'Made. Its secret is shown now, and never again.'), ...bodyProblems() },
});

const rotate = createRoute({
  method: 'post',
  path: '/keys/{key_id}/rotate',
  operationId: 'rotateKey',
  summary: 'Make a key in the place of another',
  description:
    'Both are taken until the overlap ends, so that clients can change over one by one; then the one before ends by itself.',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.default, optional: true }),
  request: { params: keyParams, ...optionalBody(rotationSchema) },
  responses: {
    201: json(rotatedKeySchema, 'Made. Its secret is shown now, and never again.'),
    ...bodyProblems('not-found'),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/keys/{key_id}',
  operationId: 'revokeKey',
  summary: 'End an API key',
  description: 'For good; it is refused within two seconds, and so are the feedback tokens that it made.',
  tags,
  ...access(ROLES.command),
  request: { params: keyParams },
  responses: { 204: { description: 'Ended.' }, ...readProblems('not-found', 'last-owner-key') },
});

const noKey = () => notFound('key of this id in force');

export function keyRoutes({ db: { db } }: ApiDeps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { items, next_cursor } = await pageKeys(db, c.get('caller').tenant_id, c.req.valid('query'));
      return c.json({ items: items.map(keyView), next_cursor }, 200);
    })
    .openapi(create, async (c) => {
      const caller = c.get('caller');
      const request = { tenant_id: caller.tenant_id, ...c.req.valid('json') };
      const { key, info } = await createKey(db, request, { actor: actorOf(caller) });
      return c.json({ ...keyView(info), key }, 201);
    })
    .openapi(rotate, async (c) => {
      const { tenant_id, ...caller } = c.get('caller');
      const { key_id } = c.req.valid('param');
      const by = { tenant_id, actor: actorOf(caller) };
      const made = await rotateKey(db, key_id, c.req.valid('json').overlap_minutes ?? OVERLAP_MINUTES, by);
      if (made === undefined) throw noKey();
      return c.json({ ...keyView(made.info), key: made.key, replaced: keyView(made.replaced) }, 201);
    })
    .openapi(revoke, async (c) => {
      const { tenant_id, ...caller } = c.get('caller');
      const end = await revokeKey(db, c.req.valid('param').key_id, { tenant_id, actor: actorOf(caller) });
      if (end === 'not_in_force') throw noKey();
      if (end === 'last_owner') {
        throw new ApiProblem(
          'last-owner-key',
          'Nobody could decide for this tenant: rotate this key, or make another first.',
        );
      }
      return c.body(null, 204);
    });
}
