import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { bodyProblems, json, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { text } from './http/text.ts';
import { twinOf } from './http/twin-of.ts';
import { instantSchema, nameSchema, traceIdSchema, twinParams } from './schemas/common.ts';

const tokenRequest = z
  .strictObject({
    trace_id: traceIdSchema,
    message_id: text(200, 1).nullish().openapi({ description: 'Absent: the page may name one.' }),
    rater_id: nameSchema.nullish().openapi({ description: 'Absent: the vote is anonymous.' }),
    expires_in_seconds: z.int().min(60).max(604_800).default(3_600),
  })
  .openapi('FeedbackTokenRequest');

const tokenSchema = z.object({ token: z.string(), expires_at: instantSchema }).openapi('FeedbackToken');

const mint = createRoute({
  method: 'post',
  path: '/twins/{id}/feedback-tokens',
  operationId: 'createFeedbackToken',
  summary: 'Make a token with which a page may vote once',
  description:
    'For one vote on one answer, sent by a browser as the bearer of POST /feedback/{trace_id}; nothing else takes it. It ends when it expires, and within seconds when the API key that made it is revoked.',
  tags: ['Feedback'],
  ...access(ROLES.ingest, { limit: BODY_LIMITS.default }),
  request: { params: twinParams, ...requiredBody(tokenRequest) },
  responses: { 201: json(tokenSchema, 'The token.'), ...bodyProblems('not-found', 'feedback-tokens-off') },
});

export function feedbackTokenRoutes({ db }: ApiDeps) {
  return createRouter().openapi(mint, async (c) => {
    const { tenant_id, key_id } = c.get('caller');
    const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
    const { trace_id, message_id, rater_id, expires_in_seconds } = c.req.valid('json');
    const binding = {
      tenant_id,
      key_id,
      twin_id: twin.id,
      trace_id,
      ...(message_id ? { message_id } : {}),
      ...(rater_id ? { rater_id } : {}),
    };
    return c.json(await c.get('feedbackTokens').mint(binding, expires_in_seconds), 201);
  });
}
