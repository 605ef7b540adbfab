import { betaPosterior, probabilityWorse } from '../../learning/statistics.ts';
import { toIntent } from '../../persona/intents.ts';
import type { Flagged } from '../replay.ts';
import type { RatedAnswer } from '../types.ts';
import { fail, inconclusive, listed, NO_REGRESSION, pass, skipped, type Check } from './check.ts';

export const MIN_ANSWERS = 5;
export const MIN_RATERS = 3;
const MIN_PROBABILITY = 0.9;

interface Usefulness {
  readonly rule: string;
  readonly answers: number;
  readonly raters: number;
  /** P(dislike of what the rule flags > dislike of the rest of the same intents). */
  readonly p_worse: number;
}

const posterior = (answers: readonly RatedAnswer[]) =>
  betaPosterior(answers.filter((one) => one.score === -1).length, answers.length);

function measure(rule: string, flagged: readonly Flagged[], rated: readonly RatedAnswer[]): Usefulness {
  const hits = flagged.filter((one) => one.rules.includes(rule)).map((one) => one.answer);
  const hitSet = new Set(hits);
  const intents = new Set(hits.map((one) => toIntent(one.intent_label)));
  const rest = rated.filter((one) => !hitSet.has(one) && intents.has(toIntent(one.intent_label)));
  const raters = new Set(hits.flatMap((one) => one.rater_id ?? []));
  return {
    rule,
    answers: hits.length,
    raters: raters.size,
    p_worse: probabilityWorse(posterior(hits), posterior(rest)),
  };
}

/**
 * A new rule earns its place: what it flags is worse than the rest. With enough answers and raters a probability under
 * .90 is a fail (the rule was tried and found useless); with too few nothing is known, and only the owner may decide.
 */
export const replayUseful: Check = {
  name: 'replay_useful',
  run({ input: { rated, regression }, replay }) {
    if (!regression) return skipped(NO_REGRESSION);
    const { stricter, flagged } = replay();
    if (!stricter) return skipped('No rule for answers became stricter.');
    const names = [...new Set(flagged.flatMap((one) => one.rules))].sort();
    const rules = names.map((rule) => measure(rule, flagged, rated));
    const data = { rated: rated.length, rules };
    if (rules.length === 0) return pass('The stricter rules flag none of the recorded answers.', data);
    const known = rules.filter((one) => one.answers >= MIN_ANSWERS && one.raters >= MIN_RATERS);
    const useless = known.filter((one) => one.p_worse < MIN_PROBABILITY).map((one) => one.rule);
    if (useless.length > 0) {
      return fail(`What these rules flag is not surely worse than the rest: ${listed(useless)}. Take them out.`, data);
    }
    if (known.length < rules.length) {
      const unknown = rules.filter((one) => !known.includes(one)).map((one) => one.rule);
      return inconclusive(
        `Too few answers or raters to tell what these rules are good for (${MIN_ANSWERS} answers by ${MIN_RATERS} raters are needed): ${listed(unknown)}. Read them yourself, or wait for more votes.`,
        data,
      );
    }
    const which = rules.length === 1 ? 'The stricter rule' : `Each of ${rules.length} stricter rules`;
    return pass(`${which} flags answers that people like less.`, data);
  },
};
