import { answerRules } from '../../persona/answer-rules.ts';
import { checkAnswerRules } from '../../persona/check-answer.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { normalizeText } from '../../persona/text.ts';
import type { RegressionCase } from '../types.ts';

/** A model counts its words badly: what it writes breaks a band when it is outside by more than this share. */
const BAND_SLACK = 0.25;

/**
 * The rules of an adversarial case that an answer written for it breaks, by name: bans, and what its own faulty answers
 * violate. A case without answers forbids the texts that it keeps out of the prompt.
 */
function brokenRules(spec: PersonaSpec, { intent_label, channel, plan, answers }: RegressionCase, text: string) {
  const rules = answerRules(spec, { intent: intent_label, channel });
  const band = rules.length_band;
  const slack =
    band === null
      ? null
      : { min_words: band.min_words * (1 - BAND_SLACK), max_words: band.max_words * (1 + BAND_SLACK) };
  const named = new Set<string>(['banned_phrase', ...answers.flatMap(({ violates }) => violates)]);
  const broken = checkAnswerRules({ ...rules, length_band: slack }, text).filter(({ rule }) => named.has(rule));
  const normal = normalizeText(text);
  const told = answers.length === 0 && plan.excludes.some((excluded) => normal.includes(normalizeText(excluded)));
  return [...new Set([...broken.map(({ rule }) => rule), ...(told ? ['excluded_text'] : [])])];
}

export interface NewlyFailing {
  readonly id: string;
  readonly rules: readonly string[];
}

/** The case under both versions: null unless the live one's answer is in order and the candidate's is not. */
export function newlyFailing(
  testCase: RegressionCase,
  active: { readonly spec: PersonaSpec; readonly answer: string },
  candidate: { readonly spec: PersonaSpec; readonly answer: string },
): NewlyFailing | null {
  if (brokenRules(active.spec, testCase, active.answer).length > 0) return null;
  const rules = brokenRules(candidate.spec, testCase, candidate.answer);
  return rules.length === 0 ? null : { id: testCase.id, rules };
}
