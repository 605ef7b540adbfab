import { createRoute, z } from '@hono/zod-openapi';
import { addCase, listCases, MAX_CASES, removeCase, type CaseRow } from '../db/regression-cases.ts';
import { regressionCaseSchema } from '../gate/types.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem, notFound } from './http/problems.ts';
import { bodyProblems, json, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf, twinOf } from './http/twin-of.ts';
import { actorOf, instantSchema, listQuery, pageOf, twinParams } from './schemas/common.ts';
import { component } from './schemas/json-schema.ts';

const tags = ['Regression cases'];
const path = '/twins/{id}/regression-cases';

const newCase = component(regressionCaseSchema, 'NewRegressionCase');
const caseSchema = regressionCaseSchema
  .extend({ created_at: instantSchema, created_by: z.string() })
  .openapi('RegressionCase');

const list = createRoute({
  method: 'get',
  path,
  operationId: 'listRegressionCases',
  summary: "A twin's own regression cases",
  tags,
  ...access(ROLES.read),
  request: { params: twinParams, query: listQuery },
  responses: { 200: json(pageOf(caseSchema, 'RegressionCasePage'), 'A page of cases.'), ...readProblems('not-found') },
});

const add = createRoute({
  method: 'post',
  path,
  operationId: 'addRegressionCase',
  summary: 'Add a regression case',
  description: 'The gate judges it from now on; a held candidate is judged anew when it is approved.',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.spec }),
  request: { params: twinParams, ...requiredBody(newCase) },
  responses: {
    201: { ...json(caseSchema, 'Added.'), headers: { Location: { schema: { type: 'string' as const } } } },
    ...bodyProblems('not-found', 'case-id-taken', 'limit-reached'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: `${path}/{case_id}`,
  operationId: 'deleteRegressionCase',
  summary: 'Delete a regression case',
  tags,
  ...access(ROLES.command),
  request: { params: twinParams.extend({ case_id: regressionCaseSchema.shape.id }) },
  responses: { 204: { description: 'Deleted.' }, ...readProblems('not-found') },
});

const view = ({ body, created_at, created_by }: CaseRow) => ({
  ...body,
  created_at: created_at.toISOString(),
  created_by,
});

export function regressionCaseRoutes({ db }: ApiDeps) {
  return createRouter()
    .openapi(list, async (c) => {
      const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const { items, next_cursor } = await listCases(db.db, twin.id, c.req.valid('query'));
      return c.json({ items: items.map(view), next_cursor }, 200);
    })
    .openapi(add, async (c) => {
      const caller = c.get('caller');
      const { id } = c.req.valid('param');
      const body = c.req.valid('json');
      const added = await addCase(db, refOf(caller, id), actorOf(caller), body);
      switch (added) {
        case 'not_found':
          throw noTwin(id);
        case 'taken':
          throw new ApiProblem('case-id-taken', `The twin has a case ${body.id} already.`);
        case 'full':
          throw new ApiProblem('limit-reached', `The twin has ${MAX_CASES} cases, and may not have more.`);
        default:
          return c.json(view(added), 201, { location: `/twins/${id}/regression-cases/${body.id}` });
      }
    })
    .openapi(remove, async (c) => {
      const caller = c.get('caller');
      const { id, case_id } = c.req.valid('param');
      const twin = await twinOf(db, caller, id);
      if (!(await removeCase(db, twin, actorOf(caller), case_id))) throw notFound(`regression case ${case_id}`);
      return c.body(null, 204);
    });
}
