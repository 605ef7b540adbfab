import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../db/keys.ts';
import { readTrialShare, recordPrompt } from '../db/prompts.ts';
import { readActiveSpec } from '../db/spec-writes.ts';
import { INTERACTION_CONTEXTS, type InteractionContext } from '../db/vocabulary.ts';
import { resolvePolicy } from '../learning/policy.ts';
import { compilePrompt } from '../persona/compile.ts';
import { moduleHash } from '../persona/hash.ts';
import { CHANNELS, INTENTS, toIntent, type Channel } from '../persona/intents.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { withTrials } from '../persona/trial.ts';
import type { ApiDeps } from './deps.ts';
import { isOwnerContext } from './feedback/resolve-votes.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem, validationProblem } from './http/problems.ts';
import { bodyProblems, json, optionalBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { text } from './http/text.ts';
import { noTwin, twinOf } from './http/twin-of.ts';
import { traceIdSchema, twinParams } from './schemas/common.ts';

const promptRequest = z
  .strictObject({
    trace_id: traceIdSchema.nullish().openapi({ description: 'Absent: one is made.' }),
    intent_label: text(200).nullish().openapi({ description: 'Unknown labels are the default intent.' }),
    query: text(20_000).nullish(),
    channel: z.enum(CHANNELS).nullish().openapi({ description: 'Default: owner for owner keys, public for others.' }),
    interaction_context: z.enum(INTERACTION_CONTEXTS).nullish(),
  })
  .openapi('PromptRequest');

const promptSchema = z
  .object({
    trace_id: z.string(),
    spec_version: z.string(),
    content_hash: z.string(),
    intent_label: z.enum(INTENTS),
    channel: z.enum(CHANNELS),
    prompt: z.string(),
    sections: z.array(z.object({ name: z.string(), text: z.string() })),
    module_ids: z.array(z.string()),
    few_shot_ids: z.array(z.string()),
    trial_module_ids: z.array(z.string()).openapi({
      description: 'Those of `module_ids` that are drafts on trial in this prompt, by the policy `trial_share`.',
    }),
  })
  .openapi('Prompt');

const compile = createRoute({
  method: 'post',
  path: '/twins/{id}/prompt',
  operationId: 'compilePrompt',
  summary: 'The system prompt for a question',
  description:
    'Recorded under the trace, so that a vote on that trace knows what made the answer. On the owner channel draft modules may be on trial; the public channel has none.',
  tags: ['Prompts'],
  ...access(ROLES.ingest, { limit: BODY_LIMITS.feedback, optional: true }),
  request: { params: twinParams, ...optionalBody(promptRequest) },
  responses: { 200: json(promptSchema, 'The prompt.'), ...bodyProblems('not-found', 'no-active-persona') },
});

/** Channel and context of a prompt: each follows from the other, and from the key where neither is named. */
function audience(
  caller: Caller,
  channel: Channel | null | undefined,
  context: InteractionContext | null | undefined,
): { channel: Channel; interaction_context: InteractionContext } {
  const implied = context ? (isOwnerContext(context) ? 'owner' : 'public') : undefined;
  const chosen = channel ?? implied ?? (caller.role === 'owner' ? 'owner' : 'public');
  if (implied !== undefined && implied !== chosen) {
    const detail = `does not go with the channel ${chosen}`;
    throw validationProblem([{ pointer: '/interaction_context', detail }]);
  }
  if (chosen === 'owner' && caller.role !== 'owner') {
    throw new ApiProblem('forbidden', 'Only owner keys may ask for the prompt of the owner channel.');
  }
  return { channel: chosen, interaction_context: context ?? (chosen === 'owner' ? 'owner_chat' : 'public_widget') };
}

export function promptRoutes({ db, defaults }: ApiDeps) {
  /** 0 for a persona without drafts, which costs no query. */
  const trialShare = async (twinId: string, spec: PersonaSpec): Promise<number> => {
    if (!spec.procedural_modules.some(({ status }) => status === 'draft')) return 0;
    return resolvePolicy({}, { trial_share: await readTrialShare(db.db, twinId) }, defaults).trial_share.value;
  };

  return createRouter().openapi(compile, async (c) => {
    const caller = c.get('caller');
    const twin = await twinOf(db, caller, c.req.valid('param').id);
    const wanted = c.req.valid('json');
    const { channel, interaction_context } = audience(caller, wanted.channel, wanted.interaction_context);
    const active = await readActiveSpec(db.db, twin.id);
    if (active === undefined) {
      throw new ApiProblem('no-active-persona', `Twin ${twin.id} has no persona yet: create a first spec.`);
    }
    const intent_label = toIntent(wanted.intent_label);
    const { version: spec_version } = active;
    const trace_id = wanted.trace_id ?? randomUUID();
    const share = channel === 'owner' ? await trialShare(twin.id, active.spec) : 0;
    const { spec, trial_module_ids } = withTrials(active.spec, intent_label, trace_id, share);
    const plan = compilePrompt(spec, { intent: intent_label, channel });
    const used = new Set(plan.module_ids);
    const recorded = await recordPrompt(db.db, twin, {
      trace_id,
      spec_version,
      content_hash: plan.content_hash,
      intent_label,
      channel,
      interaction_context,
      modules: active.spec.procedural_modules
        .filter((module) => used.has(module.id))
        .map((module) => ({ id: module.id, hash: moduleHash(module) })),
      query: wanted.query || null,
    });
    if (!recorded) throw noTwin(twin.id);
    return c.json({ trace_id, spec_version, intent_label, channel, ...plan, trial_module_ids }, 200);
  });
}
