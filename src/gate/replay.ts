import { type AnswerRules, answerRules } from '../persona/answer-rules.ts';
import { checkAnswerRules, type RuleViolation } from '../persona/check-answer.ts';
import { contentHash, sameJson } from '../persona/hash.ts';
import { CHANNELS, type Channel, type Intent, INTENTS, toIntent } from '../persona/intents.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { PROMPT_KINDS } from './prompt-kinds.ts';
import type { RatedAnswer } from './types.ts';

interface RulePair {
  readonly before: AnswerRules;
  readonly after: AnswerRules;
}

/** True when every answer that was in order before is in order after: only bans lifted, bands widened, hedges added. */
function onlyLoosened({ before, after }: RulePair): boolean {
  const band =
    after.length_band === null || (before.length_band !== null && holds(before.length_band, after.length_band));
  return (
    band &&
    (after.format === null || after.format === before.format) &&
    (after.depth === null || after.depth === before.depth) &&
    after.banned_phrases.every((phrase) => before.banned_phrases.includes(phrase)) &&
    before.allowed_hedges.every((hedge) => after.allowed_hedges.includes(hedge))
  );
}

/** Leaves out the rules that both have: an answer breaks them under both or under none. Bans depend on the hedges. */
function onlyChanged({ before, after }: RulePair): RulePair {
  const sameHedges = sameJson(before.allowed_hedges, after.allowed_hedges);
  const without = (rules: AnswerRules, other: AnswerRules): AnswerRules => ({
    ...rules,
    length_band: sameJson(rules.length_band, other.length_band) ? null : rules.length_band,
    format: rules.format === other.format ? null : rules.format,
    depth: rules.depth === other.depth ? null : rules.depth,
    banned_phrases: sameHedges
      ? rules.banned_phrases.filter((phrase) => !other.banned_phrases.includes(phrase))
      : rules.banned_phrases,
  });
  return { before: without(before, after), after: without(after, before) };
}

type Band = NonNullable<AnswerRules['length_band']>;
const holds = (inner: Band, outer: Band) => outer.min_words <= inner.min_words && inner.max_words <= outer.max_words;

const keyOf = (intent: Intent, channel: Channel) => `${intent} ${channel}`;

/** Rules that became stricter, by intent and channel. */
function stricterRules(active: PersonaSpec, candidate: PersonaSpec): ReadonlyMap<string, RulePair> {
  const pairs = PROMPT_KINDS.map(({ intent, channel }): [string, RulePair] => {
    const context = { intent, channel };
    return [keyOf(intent, channel), { before: answerRules(active, context), after: answerRules(candidate, context) }];
  });
  const stricter = pairs.filter(([, pair]) => !onlyLoosened(pair));
  return new Map(stricter.map(([key, pair]) => [key, onlyChanged(pair)]));
}

/** A rated answer that breaks a rule under the candidate which it did not break under the active spec. */
export interface Flagged {
  readonly answer: RatedAnswer;
  /** Names of the rules that it newly breaks. */
  readonly rules: readonly string[];
}

/** One rule a banned phrase, named by its hash because a mined phrase is users' words; one an entry of bands and formats. */
function nameRule({ rule, detail }: RuleViolation, intent: Intent, candidate: PersonaSpec): string {
  const { length_bands, format_by_intent } = candidate.deterministic_rules;
  const entry = (entries: object) => (Object.hasOwn(entries, intent) ? intent : 'default');
  switch (rule) {
    case 'banned_phrase':
      return `banned phrase ${contentHash(detail).slice(0, 8)}`;
    case 'length_band':
      return `length_bands/${entry(length_bands)}`;
    case 'format':
      return `format_by_intent/${entry(format_by_intent)}`;
    case 'depth':
      return rule;
  }
}

/** What recorded answers say of the candidate's rules. */
export interface Replay {
  /** False: no rule became stricter, so no answer can newly break one. */
  readonly stricter: boolean;
  readonly flagged: readonly Flagged[];
}

/** Replays recorded answers. A record does not say who read it, so what breaks a rule on either channel counts. */
export function replay(active: PersonaSpec, candidate: PersonaSpec, rated: readonly RatedAnswer[]): Replay {
  const stricter = stricterRules(active, candidate);
  const pairsOf = (intent: Intent) => {
    const pairs = CHANNELS.flatMap((channel) => stricter.get(keyOf(intent, channel)) ?? []);
    return pairs.filter((pair, index) => index === 0 || !sameJson(pair, pairs[0]));
  };
  const byIntent = new Map(INTENTS.map((intent) => [intent, pairsOf(intent)]));
  const flagged = rated.flatMap((answer) => {
    const intent = toIntent(answer.intent_label);
    const named = (rules: AnswerRules) =>
      checkAnswerRules(rules, answer.answer).map((violation) => nameRule(violation, intent, candidate));
    const rules = (byIntent.get(intent) ?? []).flatMap((pair) => {
      const after = named(pair.after);
      const before = after.length === 0 ? [] : named(pair.before);
      return after.filter((name) => !before.includes(name));
    });
    return rules.length === 0 ? [] : [{ answer, rules: [...new Set(rules)] }];
  });
  return { stricter: stricter.size > 0, flagged };
}
