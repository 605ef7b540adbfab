import { z } from '@hono/zod-openapi';
import { reasonTextSchema } from './common.ts';
import { runSchema } from './job.ts';
import { decisionSchema, runKnobs } from './learning.ts';

export const runRequestSchema = z
  .strictObject({ force: z.boolean().nullish(), ...runKnobs, reason: reasonTextSchema.nullish() })
  .openapi('RunRequest', { description: 'What is absent or null is as the policy says.' });

export const runHeaders = z.object({
  prefer: z.string().optional().openapi({ description: 'RFC 7240', example: 'wait=30' }),
});

export const runAnswerSchema = decisionSchema
  .extend({ run: runSchema.optional().openapi({ description: 'Once it has ended.' }) })
  .openapi('RunAnswer');
