import { z } from '@hono/zod-openapi';
import { statusOf } from '../../commands/learning-view.ts';
import type { TwinStanding } from '../../db/twins.ts';
import type { LearningDefaults } from '../../learning/policy.ts';
import { text } from '../http/text.ts';
import { instantSchema, listQuery, pageOf, twinIdSchema } from './common.ts';
import { learningStateSchema, policySchema } from './learning.ts';
import { specBody } from './persona.ts';

export const newTwinSchema = z
  .strictObject({
    id: twinIdSchema.optional().openapi({ description: 'Never used twice, by anybody. Absent: one is made.' }),
    name: text(200, 1),
    spec: specBody.optional(),
    policy: policySchema.optional(),
  })
  .openapi('NewTwin');

export const twinSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at: instantSchema,
    active_version: z.string().nullable(),
    pending_events: z.int(),
    state: learningStateSchema,
    message: z.string(),
  })
  .openapi('Twin');

export const twinPage = pageOf(twinSchema, 'TwinPage');
export const twinListQuery = listQuery.extend({ learning_state: learningStateSchema.optional() });

export const deletedTwinSchema = z
  .object({ twin_id: z.string(), status: z.literal('deleting'), message: z.string() })
  .openapi('DeletedTwin');

export function twinView(standing: TwinStanding, defaults: LearningDefaults): z.infer<typeof twinSchema> {
  const { twin, state } = standing;
  return {
    id: twin.id,
    name: twin.name,
    created_at: twin.created_at.toISOString(),
    active_version: state.active_version,
    pending_events: state.pending_events,
    ...statusOf(standing, defaults),
  };
}
