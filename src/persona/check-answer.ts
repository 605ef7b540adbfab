import { depthProblem, formatProblems } from './answer-format.ts';
import { type AnswerContext, type AnswerRules, answerRules } from './answer-rules.ts';
import type { Intent } from './intents.ts';
import type { PersonaSpec } from './spec.ts';
import { countWords, normalizeText, phraseSpans } from './text.ts';

/** A rule that an answer breaks. `detail` holds figures or the rule's own text, never the answer's. */
export interface RuleViolation {
  readonly rule: 'length_band' | 'banned_phrase' | 'format' | 'depth';
  readonly detail: string;
}

/** Intents that are well answered by a question back or a short no; depth says nothing of them. */
const WITHOUT_DEPTH: readonly Intent[] = ['ambiguity_or_clarify', 'meta_or_system', 'sensitive_boundary_or_refusal'];

function brokenBans(rules: AnswerRules, answer: string): string[] {
  const text = normalizeText(answer);
  const hedges = rules.allowed_hedges.flatMap((hedge) => phraseSpans(text, normalizeText(hedge)));
  const excused = (start: number, end: number) => hedges.some((hedge) => hedge.start <= start && end <= hedge.end);
  return rules.banned_phrases.filter((phrase) =>
    phraseSpans(text, normalizeText(phrase)).some((span) => !excused(span.start, span.end)),
  );
}

/** Checks one answer against rules already resolved by `answerRules`; for many answers under one spec. */
export function checkAnswerRules(rules: AnswerRules, answer: string): RuleViolation[] {
  const violations: RuleViolation[] = [];
  const band = rules.length_band;
  if (band !== null) {
    const words = countWords(answer);
    if (words < band.min_words)
      violations.push({ rule: 'length_band', detail: `${words} words, at least ${band.min_words}` });
    if (words > band.max_words)
      violations.push({ rule: 'length_band', detail: `${words} words, at most ${band.max_words}` });
  }
  for (const phrase of brokenBans(rules, answer)) violations.push({ rule: 'banned_phrase', detail: phrase });
  for (const detail of rules.format === null ? [] : formatProblems(rules.format, answer)) {
    violations.push({ rule: 'format', detail });
  }
  const depth = rules.depth === null || WITHOUT_DEPTH.includes(rules.intent) ? null : depthProblem(rules.depth, answer);
  if (depth !== null) violations.push({ rule: 'depth', detail: depth });
  return violations;
}

/**
 * The fingerprint of an answer: which deterministic rules of the persona it breaks, in a fixed order.
 * Banned phrases (the spec's and the chosen modules') count as whole words, without regard to case, quotes or spacing;
 * one that stands inside an allowed hedge does not count.
 */
export function checkAnswer(spec: PersonaSpec, context: AnswerContext, answer: string): RuleViolation[] {
  return checkAnswerRules(answerRules(spec, context), answer);
}
