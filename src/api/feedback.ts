import { createRoute, z } from '@hono/zod-openapi';
import { retractVote } from '../commands/retract-vote.ts';
import { listVotes } from '../db/feedback-list.ts';
import { readTwinsOfTraces } from '../db/prompts.ts';
import type { ApiDeps } from './deps.ts';
import { createCapture } from './feedback/capture.ts';
import { captureBatch } from './feedback/capture-batch.ts';
import { REASON_LABELS } from './feedback/reasons.ts';
import { tokenVote } from './feedback/token-vote.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import type { Metrics } from './http/metrics.ts';
import { ApiProblem } from './http/problems.ts';
import { bodyProblems, json, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, twinOf } from './http/twin-of.ts';
import { traceIdSchema, twinParams } from './schemas/common.ts';
import {
  batchResultSchema,
  batchSchema,
  feedbackResultSchema,
  reasonsSchema,
  retractQuery,
  voteListQuery,
  votePage,
  voteSchema,
} from './schemas/feedback.ts';

const tags = ['Feedback'];
const traceParams = z.object({ trace_id: traceIdSchema });

const listReasons = createRoute({
  method: 'get',
  path: '/feedback/reasons',
  operationId: 'listFeedbackReasons',
  summary: 'Reasons for a vote, with labels to show',
  tags,
  ...access(ROLES.any),
  responses: { 200: json(reasonsSchema, 'The reasons.'), ...readProblems() },
});

const sendVote = createRoute({
  method: 'post',
  path: '/feedback/{trace_id}',
  operationId: 'sendFeedback',
  summary: 'Vote on an answer',
  description:
    'The last vote of a rater on an answer counts. What the server recorded for the trace (context, intent, modules) comes before what the body claims. Stored when answered, with or without Temporal. A feedback token fixes the twin, the trace, the rater and the event id: leave them out.',
  tags,
  ...access(ROLES.ingest, { limit: BODY_LIMITS.feedback }, { takesToken: true }),
  request: { params: traceParams, ...requiredBody(voteSchema) },
  responses: {
    202: json(feedbackResultSchema, 'Stored; `learning` says whether the twin learns from it now.'),
    ...bodyProblems('not-found', 'event-id-reused', 'overloaded'),
  },
});

const sendBatch = createRoute({
  method: 'post',
  path: '/feedback',
  operationId: 'sendFeedbackBatch',
  summary: 'Send up to 1,000 votes',
  description: 'Each item is a vote with its `trace_id`. One bad item does not spoil the others.',
  tags,
  ...access(ROLES.ingest, { limit: BODY_LIMITS.batch, textChecked: 'by_item' }),
  request: requiredBody(batchSchema),
  responses: { 202: json(batchResultSchema, 'A result or a problem for each item, in order.'), ...bodyProblems() },
});

const retract = createRoute({
  method: 'delete',
  path: '/feedback/{trace_id}',
  operationId: 'retractFeedback',
  summary: 'Take a vote back',
  description: 'Names the vote as it was cast; without `rater_id` the anonymous one. Again is fine.',
  tags,
  ...access(ROLES.ingest),
  request: { params: traceParams, query: retractQuery },
  responses: { 204: { description: 'The vote does not count any more, or never did.' }, ...readProblems('not-found') },
});

const list = createRoute({
  method: 'get',
  path: '/twins/{id}/feedback',
  operationId: 'listFeedback',
  summary: "A twin's votes, and what became of each",
  tags,
  ...access(ROLES.read),
  request: { params: twinParams, query: voteListQuery },
  responses: { 200: json(votePage, 'A page of votes.'), ...readProblems('not-found') },
});

export function feedbackRoutes(deps: ApiDeps, metrics: Metrics) {
  const capture = createCapture(deps, metrics);

  return createRouter()
    .openapi(listReasons, (c) =>
      c.json({ positive: [...REASON_LABELS.positive], negative: [...REASON_LABELS.negative] }, 200),
    )
    .openapi(sendVote, async (c) => {
      const { trace_id } = c.req.valid('param');
      const claims = c.get('feedbackClaims');
      const sent = c.req.valid('json');
      const vote = claims === undefined ? sent : tokenVote(claims, trace_id, sent);
      return c.json(await capture.single({ caller: c.get('caller'), trace_id, vote }), 202);
    })
    .openapi(sendBatch, async (c) => {
      const { items, learn } = c.req.valid('json');
      return c.json(await captureBatch(capture, c.get('caller'), items, { learn, requestId: c.get('requestId') }), 202);
    })
    .openapi(retract, async (c) => {
      const { trace_id } = c.req.valid('param');
      const { twin_id, message_id = '', rater_id = null } = c.req.valid('query');
      const { tenant_id } = c.get('caller');
      const [recorded] = twin_id === undefined ? await readTwinsOfTraces(deps.db.db, [{ tenant_id, trace_id }]) : [];
      const id = twin_id ?? recorded;
      if (id === undefined) {
        throw new ApiProblem(
          'not-found',
          `No prompt was recorded under the trace ${trace_id}: name the twin in twin_id.`,
        );
      }
      const done = await retractVote(deps.db, { tenant_id, twin_id: id, trace_id, message_id, rater_id });
      if (done === 'unknown_twin') throw noTwin(id);
      if (done === 'retracted') void deps.control.poke({ id, tenant_id }, 'stateChanged');
      return c.body(null, 204);
    })
    .openapi(list, async (c) => {
      const twin = await twinOf(deps.db, c.get('caller'), c.req.valid('param').id);
      const { limit, cursor, ...filter } = c.req.valid('query');
      return c.json(await listVotes(deps.db.db, twin.id, filter, { limit, cursor }), 200);
    });
}
