import type { PersonaSpec } from '../../persona/spec.ts';
import { fail, inconclusive, listed, type Outcome, pass, percent } from '../checks/check.ts';
import { CONTROLS } from './controls.ts';
import { countOutcomes, type JudgedPair, newlyFailingCases } from './outcomes.ts';
import { MIN_PAIRS, type PairPlan } from './pairs.ts';
import { differenceBound, mcnemarWorse } from './paired-statistics.ts';

const ALPHA = 0.05;
const MARGIN = 0.05;
const CONFIDENCE = 0.95;
/** Of the judge with itself in the other order, and of its verdicts on the controls. */
const MIN_AGREEMENT = 0.8;

/** Whether a judge who passes so many controls is worth asking. */
export const isSensitive = (controls: number): boolean => controls >= MIN_AGREEMENT * CONTROLS.length;

/** What came of asking. */
export interface Asked {
  readonly model: string;
  /** Controls of which the judge preferred the right answer in both orders. */
  readonly controls: number;
  /** Empty where the controls went wrong. */
  readonly judged: readonly JudgedPair[];
  /** Why asking ended early, in words for the owner; null where it did not. */
  readonly stopped: string | null;
  /** Questions that went to the model; answers that were kept do not count. */
  readonly calls: number;
}

/** What can be said before anything is asked: that there is too little to go by. Null: ask. */
export function beforeAsking(plan: PairPlan, maxCalls: number): Outcome | null {
  const pairs = plan.asked.length + plan.same;
  const data = { pairs, changed: plan.changed };
  if (pairs < MIN_PAIRS) {
    return inconclusive(`Only ${pairs} questions are there to compare by, ${MIN_PAIRS} are needed. Add cases.`, data);
  }
  if (plan.calls <= maxCalls) return null;
  return inconclusive(
    `Comparing the answers takes ${plan.calls} calls of the language model, and a gate may make ${maxCalls}: raise LLM_GATE_MAX_CALLS, or acknowledge this check.`,
    { ...data, calls_needed: plan.calls },
  );
}

/**
 * The check `behaviour`: whether a model answers worse with the candidate's prompts. In this order:
 * - asking ended early, or the judge fails its controls: inconclusive;
 * - an adversarial case newly breaks its rules, which no judge decides: fail;
 * - the judge's two orders agree on less than 80 % of the pairs: inconclusive;
 * - McNemar's exact test finds the candidate worse, one-sided at 5 %: fail;
 * - the one-sided 95 % bound of P(win) - P(loss) is under -5 %: not shown to be no worse, so inconclusive; else pass.
 *
 * Ties count in the bound and not in McNemar's test. Figures and ids only.
 */
export function checkBehaviour(
  specs: { readonly active: PersonaSpec; readonly candidate: PersonaSpec },
  plan: PairPlan,
  asked: Asked,
): Outcome {
  const { model, controls, judged, stopped, calls } = asked;
  const pairs = plan.asked.length + plan.same;
  const { wins, losses, agreement } = countOutcomes(judged);
  const failing = newlyFailingCases(judged, specs);
  const counts = { pairs, asked: plan.asked.length, changed: plan.changed, wins, losses, ties: pairs - wins - losses };
  const known = { model, calls, controls: `${controls}/${CONTROLS.length}`, newly_failing_adversarial: failing };
  if (stopped !== null) {
    return inconclusive(`${stopped} The other checks stand. Run again, or acknowledge this check.`, {
      model,
      calls,
      pairs,
      asked: plan.asked.length,
      answered: judged.length,
    });
  }
  if (!isSensitive(controls)) {
    return inconclusive(
      `${model} told the better answer in only ${controls} of ${CONTROLS.length} comparisons with a known outcome, so its verdicts say nothing. Take another model, or acknowledge this check.`,
      { ...known, pairs },
    );
  }
  const p = mcnemarWorse(counts);
  const bound = differenceBound(counts, CONFIDENCE);
  const data = { ...counts, p, bound, agreement, ...known };
  if (failing.length > 0) {
    const ids = failing.map(({ id }) => id);
    return fail(
      `With the candidate's prompts ${model} newly breaks the rules of ${ids.length} adversarial cases: ${listed(ids)}.`,
      data,
    );
  }
  if (agreement !== null && agreement < MIN_AGREEMENT) {
    return inconclusive(
      `${model} agrees with itself on only ${percent(agreement)} of the pairs when their order is swapped (${percent(MIN_AGREEMENT)} are needed), so its verdicts say nothing. Take another model, or acknowledge this check.`,
      data,
    );
  }
  const figures = `Of ${pairs} prompts ${plan.asked.length} differ and were answered anew by ${model}: the candidate's answer is better on ${wins}, worse on ${losses} (McNemar p = ${p.toFixed(3)}; at most ${percent(Math.max(0, -bound))} worse with 95 % confidence, ${percent(MARGIN)} is allowed)`;
  if (p <= ALPHA) return fail(`${figures}. That is no accident: its answers are worse.`, data);
  if (bound < -MARGIN) {
    return inconclusive(
      `${figures}. That leaves it open. Record more questions, raise LLM_GATE_MAX_CALLS, or acknowledge this check.`,
      data,
    );
  }
  return pass(`${figures}.`, data);
}
