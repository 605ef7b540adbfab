import { clopperPearsonUpper } from '../../learning/statistics.ts';
import { toIntent } from '../../persona/intents.ts';
import type { RatedAnswer } from '../types.ts';
import { fail, inconclusive, listed, NO_REGRESSION, pass, percent, skipped, type Check } from './check.ts';

const MAX_SHARE = 0.02;
const MAX_BOUND = 0.05;
const CONFIDENCE = 0.95;
/** The fewest liked answers with which no violation at all gives a bound of 5 %: 1 - .05^(1/n). */
export const MIN_LIKED = 59;
/** For one intent of eight, so that chance alone does not speak. */
const INTENT_CONFIDENCE = 0.99;

/** Event ids in a report: enough to read some of them. */
const SHOWN = 20;

/** One-sided exact lower bound of a rate, from the upper bound of its complement. */
const lowerBound = (hits: number, total: number) => 1 - clopperPearsonUpper(total - hits, total, INTENT_CONFIDENCE);

/** Intents whose liked answers surely break the rules too often, though they drown in the others. */
function ruinedIntents(liked: readonly RatedAnswer[], flagged: readonly RatedAnswer[]): string[] {
  const count = (answers: readonly RatedAnswer[], intent: string) =>
    answers.filter((one) => toIntent(one.intent_label) === intent).length;
  const intents = [...new Set(flagged.map((one) => toIntent(one.intent_label)))].sort();
  return intents.filter((intent) => lowerBound(count(flagged, intent), count(liked, intent)) > MAX_BOUND);
}

/** Answers that people liked must not become violations. */
export const replayLiked: Check = {
  name: 'replay_liked',
  run({ input: { rated, regression }, replay }) {
    if (!regression) return skipped(NO_REGRESSION);
    if (!replay().stricter) return skipped('No rule for answers became stricter.');
    const liked = rated.filter((one) => one.score === 1);
    const flagged = replay().flagged.flatMap(({ answer }) => (answer.score === 1 ? [answer] : []));
    const data = {
      liked: liked.length,
      newly_violating: flagged.length,
      event_ids: flagged.slice(0, SHOWN).map((one) => one.event_id),
    };
    if (liked.length < MIN_LIKED) {
      return inconclusive(
        `Only ${liked.length} liked answers are recorded, ${MIN_LIKED} are needed to judge a stricter rule. Read the new rules yourself, or wait for more votes.`,
        data,
      );
    }
    const share = flagged.length / liked.length;
    const bound = clopperPearsonUpper(flagged.length, liked.length, CONFIDENCE);
    const figures = `${flagged.length} of ${liked.length} liked answers newly break a rule (${percent(share)}, at most ${percent(bound)} with 95 % confidence)`;
    const ruined = ruinedIntents(liked, flagged);
    const result = { ...data, share, bound, ruined_intents: ruined };
    if (share > MAX_SHARE || bound > MAX_BOUND) {
      return fail(
        `${figures}; ${percent(MAX_SHARE)} and ${percent(MAX_BOUND)} are allowed. Loosen the new rules.`,
        result,
      );
    }
    if (ruined.length > 0)
      return fail(`${figures}, but far too many for ${listed(ruined)}. Loosen the rule there.`, result);
    return pass(`${figures}.`, result);
  },
};
