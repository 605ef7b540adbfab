import { z } from 'zod';
import { findInjection } from '../../gate/injection-patterns.ts';
import { MAX_SUGGESTIONS, type Suggestion, suggestionSchema } from './suggestion.ts';

/**
 * Why something in an answer was dropped. `not_json`, `wrong_shape`: the whole answer. Of one operation: `not_allowed`
 * is not on the list, `unsafe_text` looks like an instruction or a link, `quotes_feedback` copies what it was shown,
 * `too_many` comes after the third, `no_effect` would change nothing, `not_borne_out` bans what rated answers do not
 * speak against, or what may not be banned.
 */
export type DropReason =
  | 'not_json'
  | 'wrong_shape'
  | 'too_many'
  | 'not_allowed'
  | 'unsafe_text'
  | 'quotes_feedback'
  | 'no_effect'
  | 'not_borne_out';

export interface ParsedAnswer {
  readonly suggestions: readonly Suggestion[];
  readonly dropped: readonly DropReason[];
}

const answerSchema = z.strictObject({ operations: z.array(z.unknown()) });
/** Many models fence their JSON, whatever they are told; text around it is not taken. */
const FENCED = /^```(?:json)?\s*\n([\s\S]*)\n```$/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a language model's answer holds that is allowed; everything else is dropped with its reason. Never throws. */
export function parseAnswer(answer: string): ParsedAnswer {
  const trimmed = answer.trim();
  const json = parseJson(FENCED.exec(trimmed)?.[1] ?? trimmed);
  if (json === undefined) return { suggestions: [], dropped: ['not_json'] };
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) return { suggestions: [], dropped: ['wrong_shape'] };
  const { operations } = parsed.data;
  const suggestions: Suggestion[] = [];
  const dropped: DropReason[] = operations.slice(MAX_SUGGESTIONS).map(() => 'too_many');
  for (const operation of operations.slice(0, MAX_SUGGESTIONS)) {
    const one = suggestionSchema.safeParse(operation);
    if (!one.success) dropped.push('not_allowed');
    else if ('text' in one.data && findInjection(one.data.text).length > 0) dropped.push('unsafe_text');
    else suggestions.push(one.data);
  }
  return { suggestions, dropped };
}
