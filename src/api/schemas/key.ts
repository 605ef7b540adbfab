import { z } from '@hono/zod-openapi';
import { MAX_OVERLAP_MINUTES } from '../../db/key-writes.ts';
import type { KeyInfo } from '../../db/keys.ts';
import { KEY_ROLES } from '../../db/vocabulary.ts';
import { instantSchema, nameSchema } from './common.ts';

export const keyParams = z.object({ key_id: z.uuid() });

export const newKeySchema = z
  .strictObject({
    role: z.enum(KEY_ROLES).openapi({
      description: 'owner: everything; ingest: feedback, prompts and feedback tokens; viewer: reading.',
    }),
    name: nameSchema.openapi({ description: 'What it is for, in lists and audit rows.', example: 'chat backend' }),
    expires_in_days: z.int().min(1).max(3_650).optional().openapi({ description: 'Without it the key stays.' }),
  })
  .openapi('NewApiKey');

export const rotationSchema = z
  .strictObject({
    overlap_minutes: z.int().min(0).max(MAX_OVERLAP_MINUTES).optional().openapi({
      description: 'How long the key that is replaced is still taken; a day where nothing is said.',
    }),
  })
  .openapi('KeyRotation');

export const keySchema = z
  .object({
    id: z.uuid(),
    role: z.enum(KEY_ROLES),
    name: z.string(),
    created_at: instantSchema,
    expires_at: instantSchema.nullable().openapi({ description: 'When it ends by itself; null: never.' }),
    revoked_at: instantSchema.nullable(),
    last_used_at: instantSchema.nullable().openapi({ description: 'To the minute; null: never.' }),
  })
  .openapi('ApiKey');

export const madeKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: 'The secret: shown now, and never again.' }) })
  .openapi('MadeApiKey');

export const rotatedKeySchema = madeKeySchema
  .extend({ replaced: keySchema.openapi({ description: 'The key before: it ends at its `expires_at`.' }) })
  .openapi('RotatedApiKey');

export const keyView = ({ id, role, name, created_at, expires_at, revoked_at, last_used_at }: KeyInfo) => ({
  id,
  role,
  name,
  created_at: created_at.toISOString(),
  expires_at: expires_at?.toISOString() ?? null,
  revoked_at: revoked_at?.toISOString() ?? null,
  last_used_at: last_used_at?.toISOString() ?? null,
});
