import { randomUUID } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import { createTwin } from '../commands/create-twin.ts';
import { statusOf } from '../commands/learning-view.ts';
import { deleteTwin } from '../db/delete-twin.ts';
import { listTwins, readTwin, type TwinStanding } from '../db/twins.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem } from './http/problems.ts';
import { bodyProblems, json, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf } from './http/twin-of.ts';
import { actorOf, twinParams } from './schemas/common.ts';
import { deletedTwinSchema, newTwinSchema, twinListQuery, twinPage, twinSchema, twinView } from './schemas/twin.ts';

const tags = ['Twins'];

const create = createRoute({
  method: 'post',
  path: '/twins',
  operationId: 'createTwin',
  summary: 'Create a twin',
  description: 'With `spec` its first persona is live at once.',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.spec }),
  request: requiredBody(newTwinSchema),
  responses: {
    201: { ...json(twinSchema, 'Created.'), headers: { Location: { schema: { type: 'string' as const } } } },
    ...bodyProblems('twin-id-taken'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/twins',
  operationId: 'listTwins',
  summary: 'List the twins',
  tags,
  ...access(ROLES.read),
  request: { query: twinListQuery },
  responses: { 200: json(twinPage, 'A page of twins.'), ...readProblems() },
});

const read = createRoute({
  method: 'get',
  path: '/twins/{id}',
  operationId: 'getTwin',
  summary: 'Read a twin',
  tags,
  ...access(ROLES.read),
  request: { params: twinParams },
  responses: { 200: json(twinSchema, 'The twin.'), ...readProblems('not-found') },
});

const remove = createRoute({
  method: 'delete',
  path: '/twins/{id}',
  operationId: 'deleteTwin',
  summary: 'Delete a twin',
  description:
    'Gone at once for every reader; its rows are purged in the background, and the receipt is then in `GET /audit?twin_id=`, action `twin.purged`. The id is never used again.',
  tags,
  ...access(ROLES.command),
  request: { params: twinParams },
  responses: { 202: json(deletedTwinSchema, 'Gone; its rows will follow.'), ...readProblems('not-found') },
});

export function twinRoutes({ db, control, defaults }: ApiDeps) {
  return createRouter()
    .openapi(create, async (c) => {
      const { id = `twin-${randomUUID()}`, name, spec, policy } = c.req.valid('json');
      const caller = c.get('caller');
      const ref = refOf(caller, id);
      const first = spec === undefined ? undefined : { spec };
      if ((await createTwin(db, ref, actorOf(caller), { name, policy, first })) === 'taken') {
        throw new ApiProblem('twin-id-taken', `The id ${id} is taken, or was once.`);
      }
      void control.poke(ref, 'stateChanged');
      const twin = await readTwin(db.db, ref);
      if (twin === undefined) throw noTwin(id);
      return c.json(twinView(twin, defaults), 201, { location: `/twins/${id}` });
    })
    .openapi(list, async (c) => {
      const { learning_state, ...page } = c.req.valid('query');
      const { tenant_id } = c.get('caller');
      const inState = (twin: TwinStanding) => statusOf(twin, defaults).state === learning_state;
      const filter = learning_state && { state: learning_state, keep: inState };
      const { items, next_cursor } = await listTwins(db.db, tenant_id, page, filter);
      return c.json({ items: items.map((twin) => twinView(twin, defaults)), next_cursor }, 200);
    })
    .openapi(read, async (c) => {
      const { id } = c.req.valid('param');
      const twin = await readTwin(db.db, refOf(c.get('caller'), id));
      if (twin === undefined) throw noTwin(id);
      return c.json(twinView(twin, defaults), 200);
    })
    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      if (!(await deleteTwin(db, refOf(caller, id), actorOf(caller)))) throw noTwin(id);
      void control.poke(refOf(caller, id), 'stateChanged');
      return c.json(
        { twin_id: id, status: 'deleting' as const, message: 'The twin is gone; its rows are being purged.' },
        202,
      );
    });
}
