import { z } from '@hono/zod-openapi';
import { INTERACTION_CONTEXTS, JOB_STATUSES, JOB_STEPS } from '../../db/vocabulary.ts';
import { MAX_TRIAL_SHARE } from '../../learning/policy.ts';
import { LEARNING_STATES } from '../../learning/state.ts';
import { instantSchema } from './common.ts';
import { operationView } from './persona.ts';

export const contextSchema = z.enum(INTERACTION_CONTEXTS).openapi('InteractionContext');
export const learningStateSchema = z.enum(LEARNING_STATES).openapi('LearningState');

/** The answer to "does it learn now": the members depend on the reason. */
export const decisionSchema = z
  .object({
    enqueued: z.boolean(),
    reason: z.enum(['paused', 'job_already_inflight', 'insufficient_events', 'cooldown_active']).optional(),
    job_id: z.string().optional(),
    pending_events: z.int().optional(),
    required_events: z.int().optional(),
    cooldown_minutes: z.number().optional(),
    next_eligible_at: instantSchema.optional(),
  })
  .openapi('LearningDecision');

const inherits = 'null gives it back to the environment';
const minEvents = z.int().min(1).max(1_000_000).nullable().optional();
const flag = z.boolean().nullable().optional();

/** What a request for a run may say about the knobs. */
export const runKnobs = { min_events: minEvents, auto_publish: flag, run_regression_gate: flag };

export const policySchema = z
  .strictObject({
    ...runKnobs,
    cooldown_minutes: z
      .number()
      .min(0)
      .max(525_600)
      .nullable()
      .optional()
      .openapi({ description: 'Fractions are allowed.' }),
    trial_share: z.number().min(0).max(MAX_TRIAL_SHARE).nullable().optional().openapi({
      description: "Share of the owner channel's prompts that each draft module joins, so that it can earn votes.",
    }),
    train_from: z
      .array(contextSchema)
      .min(1)
      .max(INTERACTION_CONTEXTS.length)
      .refine((contexts) => new Set(contexts).size === contexts.length, 'names a context twice')
      .openapi({ uniqueItems: true })
      .nullable()
      .optional(),
  })
  .openapi('LearningPolicy', { description: `Absent knobs stay as they are; ${inherits}.` });

const knob = <T extends z.ZodType>(value: T) => z.object({ value, source: z.enum(['request', 'twin', 'environment']) });

export const withheldSchema = z.object({
  operation: operationView,
  summary: z.string().openapi({ description: 'What it would change, with the evidence for it.' }),
  reason: z.enum(['veto', 'single_rater_dependent', 'budget', 'owner_only', 'gate']),
  why: z.string().openapi({ description: 'The reason in words, and what the owner could do.' }),
  veto_id: z.string().optional(),
  checks: z.array(z.string()).readonly().optional(),
});

export const learningSchema = z
  .object({
    twin_id: z.string(),
    state: learningStateSchema,
    message: z.string().openapi({ description: 'Why it does not learn now, and what would change that.' }),
    pending_events: z.int(),
    required_events: z.int(),
    not_counted: z.int().openapi({ description: 'Votes that stand, from contexts that do not train.' }),
    cooldown_until: instantSchema.nullable(),
    next_eligible_at: instantSchema.nullable(),
    job: z.object({ id: z.string(), status: z.enum(JOB_STATUSES), step: z.enum(JOB_STEPS) }).nullable(),
    last_run: z
      .object({
        id: z.string(),
        job_id: z.string(),
        status: z.enum(['running', 'completed', 'failed']),
        publish_decision: z.enum(['published', 'held', 'refused', 'no_candidate']).nullable(),
        reason: z.string().nullable(),
        candidate_version: z.string().nullable(),
        suppressed: z.array(withheldSchema),
        created_at: instantSchema,
        completed_at: instantSchema.nullable(),
      })
      .nullable(),
    paused_at: instantSchema.nullable(),
    active_version: z.string().nullable(),
    candidate: z
      .object({
        version: z.string(),
        verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
        reasons: z.array(z.string()),
        summary: z.array(z.string()).openapi({ description: 'What it changes, with the evidence, a sentence each.' }),
      })
      .nullable(),
    probation: z
      .object({
        version: z.string(),
        status: z.enum(['running', 'kept', 'undecided', 'rolled_back']),
        started_at: instantSchema.nullable(),
        until: instantSchema.nullable().openapi({ description: 'Latest end, while it runs.' }),
        ended_at: instantSchema.nullable(),
        figures: z
          .object({
            votes: z.int(),
            mean: z.number().nullable(),
            old_votes: z.int(),
            old_mean: z.number().nullable(),
            compared_with: z.number().nullable(),
            evidence: z.number().nullable(),
            down_raters: z.int(),
          })
          .nullable()
          .openapi({ description: 'Votes so far on the version and on the one before, while it runs.' }),
        decides: z.string().nullable().openapi({ description: 'What would decide, in a sentence.' }),
      })
      .nullable()
      .openapi({ description: 'The watch of the live version after it was published; null when it had none.' }),
    vetoes: z.array(
      z.object({
        id: z.string(),
        path: z.string(),
        op: z.enum(['set', 'add', 'remove']),
        to: z.unknown(),
        cause: z.enum(['rejected', 'rolled_back']),
        version: z.string(),
        created_at: instantSchema,
      }),
    ),
    policy: z.object({
      min_events: knob(z.int()),
      cooldown_minutes: knob(z.number()),
      auto_publish: knob(z.boolean()),
      run_regression_gate: knob(z.boolean()),
      trial_share: knob(z.number()),
      train_from: knob(z.array(contextSchema)),
    }),
    decision: decisionSchema,
  })
  .openapi('Learning');
