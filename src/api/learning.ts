import { createRoute, z } from '@hono/zod-openapi';
import { readLearning } from '../commands/learning-view.ts';
import { changePolicy, clearVeto, pauseTwin, resumeTwin } from '../commands/policy.ts';
import { isUuid } from '../db/page.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { notFound } from './http/problems.ts';
import { bodyProblems, json, optionalBody, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf, twinOf } from './http/twin-of.ts';
import { actorOf, reasonTextSchema, twinParams } from './schemas/common.ts';
import { learningSchema, policySchema } from './schemas/learning.ts';

const tags = ['Learning'];
const smallBody = { limit: BODY_LIMITS.default, optional: true };
const answer = json(learningSchema, 'Where the twin stands now.');

const read = createRoute({
  method: 'get',
  path: '/twins/{id}/learning',
  operationId: 'getLearning',
  summary: 'Where a twin stands, and why it does not learn now',
  tags,
  ...access(ROLES.read),
  request: { params: twinParams },
  responses: { 200: answer, ...readProblems('not-found') },
});

const policy = createRoute({
  method: 'patch',
  path: '/twins/{id}/learning-policy',
  operationId: 'changeLearningPolicy',
  summary: "Change a twin's policy",
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.default }),
  request: { params: twinParams, ...requiredBody(policySchema) },
  responses: { 200: answer, ...bodyProblems('not-found') },
});

const pauseBody = z.strictObject({ reason: reasonTextSchema.nullish() }).openapi('PauseRequest');

const pause = createRoute({
  method: 'post',
  path: '/twins/{id}/learning/pause',
  operationId: 'pauseLearning',
  summary: 'Pause learning',
  description: 'Votes are stored meanwhile. A forced run does not pass a pause.',
  tags,
  ...access(ROLES.command, smallBody),
  request: { params: twinParams, ...optionalBody(pauseBody) },
  responses: { 200: answer, ...bodyProblems('not-found') },
});

const resume = createRoute({
  method: 'post',
  path: '/twins/{id}/learning/resume',
  operationId: 'resumeLearning',
  summary: 'Resume learning',
  tags,
  ...access(ROLES.command, smallBody),
  request: { params: twinParams, ...optionalBody(z.strictObject({}).openapi('Empty')) },
  responses: { 200: answer, ...bodyProblems('not-found') },
});

const removeVeto = createRoute({
  method: 'delete',
  path: '/twins/{id}/learning/vetoes/{veto_id}',
  operationId: 'clearVeto',
  summary: 'Let learning propose again what was rejected or rolled back',
  tags,
  ...access(ROLES.command),
  request: { params: twinParams.extend({ veto_id: z.string() }) },
  responses: { 200: answer, ...readProblems('not-found') },
});

export function learningRoutes({ db, control, defaults }: ApiDeps) {
  const view = async (ref: TwinRef) => {
    const learning = await readLearning(db, ref.id, defaults);
    if (learning === undefined) throw noTwin(ref.id);
    return learning;
  };
  /** After the commit of a command: the workflow is woken, the caller does not wait for that. */
  const commanded = (ref: TwinRef, done: boolean) => {
    if (!done) throw noTwin(ref.id);
    void control.poke(ref, 'stateChanged');
    return view(ref);
  };

  return createRouter()
    .openapi(read, async (c) => c.json(await view(await twinOf(db, c.get('caller'), c.req.valid('param').id)), 200))
    .openapi(policy, async (c) => {
      const caller = c.get('caller');
      const ref = refOf(caller, c.req.valid('param').id);
      return c.json(
        await commanded(ref, await changePolicy(db, ref, actorOf(caller), c.req.valid('json'), defaults)),
        200,
      );
    })
    .openapi(pause, async (c) => {
      const caller = c.get('caller');
      const ref = refOf(caller, c.req.valid('param').id);
      const reason = c.req.valid('json').reason ?? undefined;
      return c.json(await commanded(ref, await pauseTwin(db, ref, actorOf(caller), reason)), 200);
    })
    .openapi(resume, async (c) => {
      const caller = c.get('caller');
      const ref = refOf(caller, c.req.valid('param').id);
      return c.json(await commanded(ref, await resumeTwin(db, ref, actorOf(caller))), 200);
    })
    .openapi(removeVeto, async (c) => {
      const caller = c.get('caller');
      const { id, veto_id } = c.req.valid('param');
      const ref = await twinOf(db, caller, id);
      const cleared = isUuid(veto_id) && (await clearVeto(db, ref, actorOf(caller), veto_id));
      if (!cleared) throw notFound(`veto ${veto_id} in force`);
      return c.json(await commanded(ref, cleared), 200);
    });
}
