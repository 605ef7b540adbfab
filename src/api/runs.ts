import { createRoute } from '@hono/zod-openapi';
import { listRuns } from '../db/runs.ts';
import type { RunRequest } from '../workflows/contract.ts';
import { DEFAULT_LIMITS, type ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import type { Metrics } from './http/metrics.ts';
import { ApiProblem } from './http/problems.ts';
import { bodyProblems, json, optionalBody, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, twinOf } from './http/twin-of.ts';
import { createRunWaiter, waitSeconds } from './run-waiter.ts';
import { actorOf, listQuery, twinParams } from './schemas/common.ts';
import { runPage, runView } from './schemas/job.ts';
import { runAnswerSchema, runHeaders, runRequestSchema } from './schemas/run.ts';

const tags = ['Runs'];
const path = '/twins/{id}/persona-feedback-learning/runs';

const list = createRoute({
  method: 'get',
  path,
  operationId: 'listRuns',
  summary: "A twin's learning runs",
  tags,
  ...access(ROLES.read),
  request: { params: twinParams, query: listQuery },
  responses: { 200: json(runPage, 'A page of runs.'), ...readProblems('not-found') },
});

const request = createRoute({
  method: 'post',
  path,
  operationId: 'requestRun',
  summary: 'Ask for a learning run',
  description:
    '`force` passes the threshold and the cooldown, not a pause and not an open job. With `Prefer: wait=N` (seconds, 60 at most) the answer waits for the end of the run.',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.default, optional: true }),
  request: { params: twinParams, headers: runHeaders, ...optionalBody(runRequestSchema) },
  responses: {
    200: json(runAnswerSchema, 'Not enqueued, for `reason`; or, with `Prefer: wait`, the `run` has ended.'),
    202: {
      ...json(runAnswerSchema, 'Enqueued.'),
      headers: { Location: { description: 'The job.', schema: { type: 'string' as const } } },
    },
    ...bodyProblems('not-found', 'workflow-unavailable'),
  },
});

export function runRoutes(deps: ApiDeps, metrics: Metrics) {
  const { db, control } = deps;
  const waiter = createRunWaiter(db, deps.limits?.waitingRuns ?? DEFAULT_LIMITS.waitingRuns, deps.stopping);

  return createRouter()
    .openapi(list, async (c) => {
      const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const { items, next_cursor } = await listRuns(db.db, twin.id, c.req.valid('query'));
      return c.json({ items: items.map(runView), next_cursor }, 200);
    })
    .openapi(request, async (c) => {
      const caller = c.get('caller');
      const twin = await twinOf(db, caller, c.req.valid('param').id);
      const { force, min_events, auto_publish, run_regression_gate, reason } = c.req.valid('json');
      const seconds = waitSeconds(c.req.valid('header').prefer);
      const place = seconds > 0 ? waiter.take(caller.tenant_id) : undefined;
      if (seconds > 0 && place === undefined) {
        throw new ApiProblem('rate-limited', 'Too many requests of your tenant wait for a run already.');
      }
      try {
        const said: RunRequest = {
          request_id: c.get('requestId'),
          actor: actorOf(caller),
          force: force ?? false,
          ...(typeof min_events === 'number' ? { min_events } : {}),
          ...(typeof auto_publish === 'boolean' ? { auto_publish } : {}),
          ...(typeof run_regression_gate === 'boolean' ? { run_regression_gate } : {}),
          ...(typeof reason === 'string' ? { reason } : {}),
        };
        const answer = await control.requestRun(twin, said);
        if (!answer.enqueued && answer.reason === 'gone') throw noTwin(twin.id);
        metrics.decision(answer);
        if (!answer.enqueued) return c.json(answer, 200);
        if (answer.job_id === undefined) return c.json(answer, 202);
        const ended = await place?.wait(answer.job_id, seconds, c.req.raw.signal);
        const headers = {
          location: `/jobs/${answer.job_id}`,
          ...(seconds > 0 ? { 'preference-applied': `wait=${seconds}` } : {}),
        };
        if (ended === undefined) return c.json(answer, 202, headers);
        return c.json({ ...answer, run: runView(ended) }, 200, headers);
      } finally {
        place?.leave();
      }
    });
}
