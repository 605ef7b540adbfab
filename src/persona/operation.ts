import { z } from 'zod';

/** Why an operation was proposed: figures, never feedback text. */
const evidenceSchema = z.looseObject({
  run_id: z.string().optional(),
  statistic: z.string().optional(),
  value: z.number().optional(),
  events: z.number().optional(),
  raters: z.number().optional(),
  effective_votes: z.number().optional(),
  /** Of a confidence: its 80 % band. */
  low: z.number().optional(),
  high: z.number().optional(),
  events_hash: z.string().optional(),
  /** Of a learned rule: what people complain of, and how many rated answers of which kind it flags. */
  complaint: z.string().optional(),
  flagged_disliked: z.number().optional(),
  disliked: z.number().optional(),
  flagged_liked: z.number().optional(),
  liked: z.number().optional(),
  /** Of a suggestion: the language model that worded it. */
  model: z.string().optional(),
});

/**
 * One typed change of a persona spec. `path` is a JSON Pointer (RFC 6901) in which modules and examples are named by
 * id, and items of a list of strings by their text: `/procedural_modules/factual.cite/do/cite_sources`.
 * `from` is absent for "add", `to` for "remove".
 */
export const operationSchema = z.strictObject({
  op: z.enum(['set', 'add', 'remove']),
  path: z.string().startsWith('/').max(4_000),
  from: z.json().optional(),
  to: z.json().optional(),
  evidence: evidenceSchema.optional(),
});

export type Evidence = z.infer<typeof evidenceSchema>;
export type Operation = z.infer<typeof operationSchema>;

export const manifestSchema = z.array(operationSchema);
export type Manifest = Operation[];
