import { z } from 'zod';

export const MAX_SUGGESTIONS = 3;
/** Code points, as the gate counts them. */
export const MAX_TEXT = 200;
/** How an answer is laid out. Tone, energy and hedging are the owner's. */
export const LAYOUT_KEYS = ['sentences', 'order', 'layout'] as const;

const text = z
  .string()
  .trim()
  .min(1)
  // Half a character cannot be hashed.
  .refine((value) => Array.from(value).length <= MAX_TEXT && !/\p{Cs}/u.test(value));
const name = z.enum(LAYOUT_KEYS);

/**
 * All that a language model can ask for. It names lists and texts, never a path: what is not here cannot be reached.
 * A ban can only be added, because the gate keeps every ban.
 */
export const suggestionSchema = z.union([
  z.strictObject({ op: z.enum(['add', 'remove']), list: z.literal('do'), text }),
  z.strictObject({ op: z.literal('add'), list: z.enum(['ban', 'banned_phrases']), text }),
  z.strictObject({ op: z.literal('add'), list: z.literal('say_style'), name, text }),
  z.strictObject({ op: z.literal('remove'), list: z.literal('say_style'), name }),
]);

export type Suggestion = z.infer<typeof suggestionSchema>;
