import { toIntent } from '../persona/intents.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { byCodeUnit, normalizeText } from '../persona/text.ts';
import { MIN_LIKED } from './checks/replay-liked.ts';
import { MIN_ANSWERS, MIN_RATERS } from './checks/replay-useful.ts';
import type { RatedAnswer } from './types.ts';

/** Far above what the check allows, so that a few answers which an allowed hedge excuses change nothing. */
const CLEAR_SHARE = 0.1;
const WORD = /^[\p{L}\p{N}]+$/u;

/** Pairs of words that stand side by side in an answer, in the form in which bans are compared. */
function pairsIn(text: string): Set<string> {
  const words = normalizeText(text).split(' ');
  return new Set(
    words.flatMap((word, index) => {
      const next = words[index + 1];
      return next !== undefined && WORD.test(word) && WORD.test(next) ? [`${word} ${next}`] : [];
    }),
  );
}

/** More are not looked at: what is rarer is no better. */
const PAIRS = 1_000;

/** Pairs of words and the answers that hold them, the most frequent first; those of a ban or a hedge left out. */
function frequentPairs(spec: PersonaSpec, rated: readonly RatedAnswer[]): [string, RatedAnswer[]][] {
  const { banned_phrases, allowed_hedges } = spec.deterministic_rules;
  const known = [...banned_phrases, ...allowed_hedges, ...spec.procedural_modules.flatMap((module) => module.ban)];
  const taken = known.map(normalizeText);
  const found = new Map<string, RatedAnswer[]>();
  for (const answer of rated) {
    for (const pair of pairsIn(answer.answer)) {
      const holders = found.get(pair);
      if (holders === undefined) found.set(pair, [answer]);
      else holders.push(answer);
    }
  }
  return [...found]
    .sort(([a, x], [b, y]) => y.length - x.length || byCodeUnit(a, b))
    .slice(0, PAIRS)
    .filter(([pair]) => !taken.some((phrase) => phrase.includes(pair) || pair.includes(phrase)));
}

const liked = (answers: readonly RatedAnswer[]) => answers.filter((one) => one.score === 1).length;

/** A phrase that stands in a tenth of the liked answers or more; without one, why there is none. */
export function likedPhrase(spec: PersonaSpec, rated: readonly RatedAnswer[]): { phrase: string } | { why: string } {
  const all = liked(rated);
  if (all < MIN_LIKED) return { why: `${all} liked answers with a text are recorded, ${MIN_LIKED} are needed` };
  const found = frequentPairs(spec, rated).find(([, holders]) => liked(holders) >= CLEAR_SHARE * all);
  return found === undefined ? { why: 'no two words stand in a tenth of the liked answers' } : { phrase: found[0] };
}

/** Whether some answers are no more disliked than others; few others are no ground to say so. */
function asGood(answers: readonly RatedAnswer[], others: readonly RatedAnswer[]): boolean {
  const disliked = (of: readonly RatedAnswer[]) => of.length - liked(of);
  return disliked(answers) / answers.length <= (disliked(others) + 1) / (others.length + 2);
}

/** A phrase that enough people rated and that tells nothing of quality: no more disliked than the rest of its intents. */
export function uselessPhrase(spec: PersonaSpec, rated: readonly RatedAnswer[]): { phrase: string } | { why: string } {
  const found = frequentPairs(spec, rated).find(([, holders]) => {
    const raters = new Set(holders.flatMap((one) => one.rater_id ?? []));
    if (holders.length < MIN_ANSWERS || raters.size < MIN_RATERS) return false;
    const intents = new Set(holders.map((one) => toIntent(one.intent_label)));
    const holding = new Set(holders);
    const rest = rated.filter((one) => !holding.has(one) && intents.has(toIntent(one.intent_label)));
    return asGood(holders, rest);
  });
  if (found !== undefined) return { phrase: found[0] };
  return {
    why: `no two words stand in ${MIN_ANSWERS} recorded answers by ${MIN_RATERS} raters that are liked as much as the rest`,
  };
}
