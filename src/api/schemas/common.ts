import { z } from '@hono/zod-openapi';
import { text, textErrors } from '../http/text.ts';

export const twinIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$/, 'is not 1 to 120 letters, digits and . _ : -, a letter or digit first')
  .openapi({ example: 'mara' });

export const traceIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,200}$/, 'is not 1 to 200 letters, digits and . _ : -')
  .openapi({ example: 'trace-1' });

/** Who cast a vote, and the like: any text that can be stored. */
export const nameSchema = text(200, 1);
export const reasonTextSchema = text(2_000, 1);

export const instantSchema = z.string().openapi({ format: 'date-time', example: '2030-01-31T12:00:00.000Z' });

export const twinParams = z.object({ id: twinIdSchema });

export const raterParams = z.object({
  rater_id: nameSchema.refine((name) => textErrors(name).length === 0, 'holds a character that cannot be stored'),
});

/** Query of every list. */
export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1_000).optional().openapi({ description: 'next_cursor of the page before' }),
});

/** A page of a list, newest first. */
export const pageOf = <T extends z.ZodType>(item: T, name: string) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() }).openapi(name);

/** The name that audit rows have for whoever holds a key. */
export const actorOf = (caller: { readonly key_id: string }): string => `key:${caller.key_id}`;
