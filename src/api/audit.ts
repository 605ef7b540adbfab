import { createRoute, z } from '@hono/zod-openapi';
import { listAudit } from '../db/audit-list.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { json, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { twinOf } from './http/twin-of.ts';
import { instantSchema, listQuery, pageOf, twinParams } from './schemas/common.ts';

const entrySchema = z
  .object({
    id: z.int(),
    actor: z.string().openapi({ example: 'key:6f1c...' }),
    action: z.string().openapi({ example: 'spec.publish' }),
    detail: z.record(z.string(), z.unknown()),
    created_at: instantSchema,
  })
  .openapi('AuditEntry');

const list = createRoute({
  method: 'get',
  path: '/twins/{id}/audit',
  operationId: 'listAudit',
  summary: 'Who told a twin what, and when',
  tags: ['Twins'],
  ...access(ROLES.read),
  request: { params: twinParams, query: listQuery },
  responses: { 200: json(pageOf(entrySchema, 'AuditPage'), 'A page of commands.'), ...readProblems('not-found') },
});

export function auditRoutes({ db }: ApiDeps) {
  return createRouter().openapi(list, async (c) => {
    const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
    const { items, next_cursor } = await listAudit(db.db, twin, c.req.valid('query'));
    const shown = items.map(({ id, actor, action, detail, created_at }) => ({
      id,
      actor,
      action,
      detail,
      created_at: created_at.toISOString(),
    }));
    return c.json({ items: shown, next_cursor }, 200);
  });
}
