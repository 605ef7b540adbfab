import { createRoute, z } from '@hono/zod-openapi';
import { listAudit, type AuditRow } from '../db/audit-list.ts';
import { findTwinEver } from '../db/twins.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { json, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf, twinOf } from './http/twin-of.ts';
import { instantSchema, listQuery, pageOf, twinIdSchema, twinParams } from './schemas/common.ts';

const entrySchema = z
  .object({
    id: z.int(),
    twin_id: z.string().nullable().openapi({ description: 'Null: of the tenant itself.' }),
    actor: z.string().openapi({ example: 'key:6f1c...' }),
    action: z.string().openapi({ example: 'spec.publish' }),
    detail: z.record(z.string(), z.unknown()),
    created_at: instantSchema,
  })
  .openapi('AuditEntry');

const entryView = ({ id, twin_id, actor, action, detail, created_at }: AuditRow) => ({
  id,
  twin_id,
  actor,
  action,
  detail,
  created_at: created_at.toISOString(),
});

const page = json(pageOf(entrySchema, 'AuditPage'), 'A page of commands.');

const ofTwin = createRoute({
  method: 'get',
  path: '/twins/{id}/audit',
  operationId: 'listAudit',
  summary: 'Who told a twin what, and when',
  tags: ['Twins'],
  ...access(ROLES.read),
  request: { params: twinParams, query: listQuery },
  responses: { 200: page, ...readProblems('not-found') },
});

const ofTenant = createRoute({
  method: 'get',
  path: '/audit',
  operationId: 'listTenantAudit',
  summary: 'Who told any twin what, deleted ones too',
  description:
    'Receipts are here: `twin.purged` of a deleted twin, `rater.erase` of a rater that was erased. Deleted twins are named as before.',
  tags: ['Privacy'],
  ...access(ROLES.read),
  request: {
    query: listQuery.extend({
      twin_id: twinIdSchema.optional().openapi({ description: 'A twin of the tenant, also one that is deleted.' }),
      action: z.string().max(100).optional().openapi({ example: 'twin.purged' }),
    }),
  },
  responses: { 200: page, ...readProblems('not-found') },
});

export function auditRoutes({ db }: ApiDeps) {
  return createRouter()
    .openapi(ofTwin, async (c) => {
      const { id: twin_id, tenant_id } = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const { items, next_cursor } = await listAudit(db.db, { twin_id, tenant_id }, c.req.valid('query'));
      return c.json({ items: items.map(entryView), next_cursor }, 200);
    })
    .openapi(ofTenant, async (c) => {
      const { twin_id, action, ...request } = c.req.valid('query');
      const caller = c.get('caller');
      if (twin_id !== undefined && !(await findTwinEver(db.db, refOf(caller, twin_id)))) throw noTwin(twin_id);
      const filter = { tenant_id: caller.tenant_id, twin_id, action };
      const { items, next_cursor } = await listAudit(db.db, filter, request);
      return c.json({ items: items.map(entryView), next_cursor }, 200);
    });
}
