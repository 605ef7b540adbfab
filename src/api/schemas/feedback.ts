import { z } from '@hono/zod-openapi';
import { VOTE_STATUSES } from '../../db/feedback-list.ts';
import { INTERACTION_CONTEXTS } from '../../db/vocabulary.ts';
import { CHANNELS } from '../../persona/intents.ts';
import { REASONS } from '../feedback/reasons.ts';
import { text } from '../http/text.ts';
import { instantSchema, listQuery, nameSchema, pageOf, traceIdSchema, twinIdSchema } from './common.ts';
import { contextSchema, decisionSchema } from './learning.ts';

const AHEAD_MS = 5 * 60_000;
const SOURCES = ['feedback', 'persona_audit', 'manual_import'] as const;

const occurredAt = z.iso
  .datetime({ offset: true, error: 'is not an instant such as 2030-01-31T12:00:00Z' })
  .transform((value) => new Date(value))
  .refine((value) => value.getTime() <= Date.now() + AHEAD_MS, 'is more than 5 minutes ahead of now')
  .refine((value) => value.getTime() >= 0, 'is before 1970')
  .openapi({ type: 'string', format: 'date-time' });

const maybe = <T extends z.ZodType>(schema: T) => schema.nullish();

const voteFields = {
  score: z
    .union([z.literal(1), z.literal(-1)], { error: 'is not 1 or -1' })
    .openapi({ type: 'integer', enum: [1, -1] }),
  reason: maybe(z.enum(REASONS)),
  comment: maybe(text(500)),
  message_id: maybe(text(200)),
  twin_id: maybe(twinIdSchema),
  conversation_id: maybe(text(200)),
  intent_label: maybe(text(200)),
  module_ids: maybe(z.array(text(200, 1)).max(50)),
  interaction_context: maybe(z.enum(INTERACTION_CONTEXTS)),
  rater_id: maybe(nameSchema),
  event_id: maybe(nameSchema),
  occurred_at: maybe(occurredAt),
  spec_version: maybe(text(100)),
  query: maybe(text(20_000)),
  answer: maybe(text(20_000)),
  source: maybe(z.enum(SOURCES)),
};

// Unknown fields are ignored: a vote is not lost because its sender is newer than this server.
const plainVote = z.object(voteFields);
export const voteSchema = plainVote.openapi('Vote');
export type Vote = z.infer<typeof plainVote>;

/** One vote of a batch; checked by itself, so that a bad one does not spoil the others. */
export const batchItemSchema = plainVote.extend({ trace_id: traceIdSchema }).openapi('BatchVote');

/** What the handler gets: items as they came. Documented as what they should be. */
export const batchSchema = z
  .strictObject({ items: z.array(z.unknown()).min(1).max(1_000), learn: z.enum(['now', 'later']).optional() })
  .openapi('FeedbackBatch', {
    additionalProperties: false,
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', minItems: 1, maxItems: 1_000, items: { $ref: '#/components/schemas/BatchVote' } },
      learn: {
        type: 'string',
        enum: ['now', 'later'],
        default: 'now',
        description: 'later: all but the last batch of an import; no unforced run begins meanwhile.',
      },
    },
  });

export const feedbackResultSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    trace_id: z.string(),
    event_id: z.string(),
    duplicate: z.boolean(),
    counted: z.boolean(),
    not_counted_reason: z.literal('context_not_trained').optional(),
    learning: decisionSchema,
  })
  .openapi('FeedbackResult');

const itemProblemSchema = z
  .looseObject({
    success: z.literal(false),
    trace_id: z.string().nullable(),
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
  })
  .openapi('FeedbackItemProblem');

export const batchResultSchema = z
  .object({
    items: z.array(z.union([feedbackResultSchema, itemProblemSchema])).openapi({ description: 'In the order sent.' }),
    stored: z.int(),
    duplicate: z.int(),
    not_counted: z.int(),
    failed: z.int(),
  })
  .openapi('FeedbackBatchResult');

const labels = z.array(z.object({ reason: z.enum(REASONS), label: z.string() }));
export const reasonsSchema = z.object({ positive: labels, negative: labels }).openapi('FeedbackReasons');

export const retractQuery = z.object({
  twin_id: twinIdSchema.optional(),
  message_id: text(200).optional(),
  rater_id: nameSchema.optional(),
});

const listedVote = z
  .object({
    event_id: z.string(),
    trace_id: z.string(),
    message_id: z.string(),
    rater_id: z.string().nullable(),
    source: z.enum(SOURCES),
    score: z.union([z.literal(1), z.literal(-1)]),
    reason: z.string().nullable(),
    comment: z.string().nullable(),
    query: z.string().nullable(),
    answer: z.string().nullable(),
    conversation_id: z.string().nullable(),
    intent_label: z.string(),
    interaction_context: contextSchema,
    channel: z.enum(CHANNELS),
    spec_version: z.string().nullable(),
    module_ids: z.array(z.string()),
    occurred_at: instantSchema,
    created_at: instantSchema,
    pending: z.boolean(),
    used: z.string().nullable().openapi({ description: 'Id of the run that took it into account.' }),
    not_counted: z.literal('context_not_trained').nullable(),
    retracted: z.boolean(),
    replaced: z.boolean(),
  })
  .openapi('FeedbackVote');
export const votePage = pageOf(listedVote, 'FeedbackVotePage');
export const voteListQuery = listQuery.extend({
  status: z.enum(VOTE_STATUSES).optional(),
  rater_id: nameSchema.optional(),
  trace_id: traceIdSchema.optional(),
});
