import { z } from 'zod';
import { findInjection } from '../../gate/injection-patterns.ts';
import { parseModelJson } from '../../persona/model-text.ts';
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
/** What a language model's answer holds that is allowed; everything else is dropped with its reason. Never throws. */
export function parseAnswer(answer: string): ParsedAnswer {
  const json = parseModelJson(answer);
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
