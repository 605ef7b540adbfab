import { checkAnswer } from '../persona/check-answer.ts';
import { toIntent } from '../persona/intents.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import type { Planner } from './context.ts';
import type { RegressionCase } from './types.ts';

/**
 * The expectations of a case that do not hold under a spec, each named by its place in the case; empty when it passes.
 * Includes and excludes are substrings of the compiled prompt. An answer's violated rules must be exactly `violates`.
 */
export function brokenExpectations(spec: PersonaSpec, testCase: RegressionCase, plan: Planner): string[] {
  const { channel, plan: wanted, answers } = testCase;
  const intent = toIntent(testCase.intent_label);
  const { prompt, module_ids } = plan(spec, intent, channel);
  const broken = (place: string, items: readonly string[], holds: (item: string) => boolean) =>
    items.flatMap((item, index) => (holds(item) ? [] : [`${place}/${index}`]));
  return [
    ...broken('plan/includes', wanted.includes, (text) => prompt.includes(text)),
    ...broken('plan/excludes', wanted.excludes, (text) => !prompt.includes(text)),
    ...broken('plan/module_ids', wanted.module_ids, (id) => module_ids.includes(id)),
    ...answers.flatMap((answer, index) => {
      const violated = new Set<string>(checkAnswer(spec, { intent, channel }, answer.text).map(({ rule }) => rule));
      const asExpected =
        violated.size === new Set(answer.violates).size && answer.violates.every((rule) => violated.has(rule));
      return asExpected ? [] : [`answers/${index}`];
    }),
  ];
}

export interface CaseComparison {
  /** Cases that hold under the active spec: the only ones that can newly fail. */
  readonly counted: number;
  readonly newlyFailing: readonly { readonly id: string; readonly adversarial: boolean; readonly broken: string[] }[];
  /** Ids that hold under the candidate and did not before. */
  readonly newlyHolding: readonly string[];
}

/** Judges every case under both specs. What fails under both says nothing of the candidate. */
export function compareCases(
  cases: readonly RegressionCase[],
  specs: { readonly active: PersonaSpec; readonly candidate: PersonaSpec },
  plan: Planner,
): CaseComparison {
  const judged = cases.map((testCase) => ({
    id: testCase.id,
    adversarial: testCase.adversarial,
    before: brokenExpectations(specs.active, testCase, plan).length === 0,
    broken: brokenExpectations(specs.candidate, testCase, plan),
  }));
  return {
    counted: judged.filter((one) => one.before).length,
    newlyFailing: judged
      .filter((one) => one.before && one.broken.length > 0)
      .map(({ id, adversarial, broken }) => ({ id, adversarial, broken })),
    newlyHolding: judged.filter((one) => !one.before && one.broken.length === 0).map((one) => one.id),
  };
}
