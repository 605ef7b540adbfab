import { INTENTS, type Intent, toIntent } from '../../persona/intents.ts';
import { regressionCases } from '../cases/built-in.ts';

/** A comparison whose outcome is known: an answer to the question, and one to another question. */
export interface Control {
  readonly intent: Intent;
  readonly query: string;
  readonly good: string;
  readonly bad: string;
}

/** A plain case of each intent with an answer that is in order. */
const samples = INTENTS.flatMap((intent) => {
  const plain = regressionCases.filter((one) => toIntent(one.intent_label) === intent && !one.adversarial);
  const [found] = plain.flatMap(({ query, answers }) => {
    const good = answers.find(({ violates }) => violates.length === 0);
    return good === undefined ? [] : [{ intent, query, good: good.text }];
  });
  return found === undefined ? [] : [found];
});

/**
 * One control an intent. That nothing is found worse proves something only of a judge who can tell better from worse:
 * the assay sensitivity that a non-inferiority trial needs (ICH E10, 1.5). A judge who always says "tie" has none.
 */
export const CONTROLS: readonly Control[] = samples.map((sample, index) => ({
  ...sample,
  bad: samples[(index + 1) % samples.length]?.good ?? '',
}));

/** The judge is asked about each in both orders. */
export const CONTROL_CALLS = 2 * CONTROLS.length;
