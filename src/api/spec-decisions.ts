import { createRoute } from '@hono/zod-openapi';
import type { JudgeSpec } from '../commands/gate-spec.ts';
import { approveSpec, publishSpec, type PublishResult } from '../commands/publish-spec.ts';
import { rejectSpec } from '../commands/reject-spec.ts';
import { rollbackSpec } from '../commands/rollback-spec.ts';
import type { SpecRow } from '../db/spec-writes.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem, notFound } from './http/problems.ts';
import { bodyProblems, json, optionalBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { twinOf } from './http/twin-of.ts';
import { actorOf, twinParams } from './schemas/common.ts';
import {
  consentSchema,
  rejectSchema,
  rollbackResultSchema,
  rollbackSchema,
  specDetailSchema,
  specDetailView,
  versionParams,
} from './schemas/spec.ts';

const tags = ['Persona specs'];
const path = '/twins/{id}/persona-specs/{version}';
const command = access(ROLES.command, { limit: BODY_LIMITS.default, optional: true });

/** Publishing a draft and approving a candidate ask and answer alike. */
const publication = {
  tags,
  ...command,
  request: { params: versionParams, ...optionalBody(consentSchema) },
  responses: {
    200: json(specDetailSchema, 'Live now.'),
    ...bodyProblems('not-found', 'gate-failed', 'parent-changed', 'not-publishable'),
  },
};

const publish = createRoute({
  method: 'post',
  path: `${path}/publish`,
  operationId: 'publishPersonaSpec',
  summary: 'Publish a draft of the owner',
  description: 'The gate compares it with the live version first; a check that fails must be acknowledged by name.',
  ...publication,
});

const approve = createRoute({
  method: 'post',
  path: `${path}/approve`,
  operationId: 'approvePersonaSpec',
  summary: 'Publish the held candidate',
  description: 'Never on a failed check; an inconclusive one must be acknowledged by name, with a reason.',
  ...publication,
});

const reject = createRoute({
  method: 'post',
  path: `${path}/reject`,
  operationId: 'rejectPersonaSpec',
  summary: 'Reject the held candidate',
  description: 'What it changed is not proposed again until the evidence has doubled, or its veto is cleared.',
  tags,
  ...command,
  request: { params: versionParams, ...optionalBody(rejectSchema) },
  responses: { 200: json(specDetailSchema, 'Rejected.'), ...bodyProblems('not-found', 'not-held') },
});

const rollback = createRoute({
  method: 'post',
  path: '/twins/{id}/rollback',
  operationId: 'rollback',
  summary: 'Publish the content of an earlier version again',
  description: 'As a new patch version, without a gate: it was live before. What was learned since is vetoed.',
  tags,
  ...command,
  request: { params: twinParams, ...optionalBody(rollbackSchema) },
  responses: {
    200: json(rollbackResultSchema, 'Live now.'),
    ...bodyProblems('not-found', 'active-version-moved', 'nothing-to-roll-back'),
  },
});

/** The published version. Throws the problem that stood in the way. */
function published(result: PublishResult, version: string): SpecRow {
  switch (result.status) {
    case 'published':
      return result.spec;
    case 'not_found':
      throw notFound(`version ${version} to compare with a live one`);
    case 'not_publishable':
      throw new ApiProblem('not-publishable', result.detail);
    case 'gate_failed': {
      const { report, missing } = result;
      throw new ApiProblem('gate-failed', `In the way: ${missing.join(', ')}.`, { members: { report, missing } });
    }
    case 'parent_changed':
      throw new ApiProblem('parent-changed', `The live version is ${result.active_version ?? 'none'} by now.`, {
        members: { active_version: result.active_version },
      });
  }
}

export function specDecisionRoutes({ db, control, learner }: ApiDeps) {
  const judge: JudgeSpec = (active, candidate) => learner.ask('gateSpec', { active, candidate });
  return createRouter()
    .openapi(publish, async (c) => {
      const { id, version } = c.req.valid('param');
      const caller = c.get('caller');
      const twin = await twinOf(db, caller, id);
      const result = await publishSpec(db, twin, version, actorOf(caller), c.req.valid('json'), judge);
      void control.poke(twin, 'stateChanged');
      return c.json(specDetailView(published(result, version)), 200);
    })
    .openapi(approve, async (c) => {
      const { id, version } = c.req.valid('param');
      const caller = c.get('caller');
      const twin = await twinOf(db, caller, id);
      const result = await approveSpec(db, twin, version, actorOf(caller), c.req.valid('json'), judge);
      // Also after a refusal: the candidate may have been superseded.
      void control.poke(twin, 'stateChanged');
      return c.json(specDetailView(published(result, version)), 200);
    })
    .openapi(reject, async (c) => {
      const { id, version } = c.req.valid('param');
      const caller = c.get('caller');
      const twin = await twinOf(db, caller, id);
      const result = await rejectSpec(db, twin, version, actorOf(caller), c.req.valid('json').reason);
      if (result.status === 'not_found') throw notFound(`version ${version}`);
      if (result.status === 'not_held') throw new ApiProblem('not-held', result.detail);
      void control.poke(twin, 'stateChanged');
      return c.json(specDetailView(result.spec), 200);
    })
    .openapi(rollback, async (c) => {
      const caller = c.get('caller');
      const twin = await twinOf(db, caller, c.req.valid('param').id);
      const wanted = c.req.valid('json');
      const result = await rollbackSpec(db, twin, actorOf(caller), wanted);
      switch (result.status) {
        case 'not_found':
          throw notFound(`version ${wanted.to_version ?? 'before the live one'}`);
        case 'active_moved': {
          const { active_version } = result;
          const detail = `The live version is ${active_version ?? 'none'}.`;
          throw new ApiProblem('active-version-moved', detail, { members: { active_version } });
        }
        case 'nothing_to_roll_back':
          throw new ApiProblem('nothing-to-roll-back', result.detail);
        case 'rolled_back':
          void control.poke(twin, 'stateChanged');
          return c.json({ ...specDetailView(result.spec), undone: [...result.undone] }, 200);
      }
    });
}
