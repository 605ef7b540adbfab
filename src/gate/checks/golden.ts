import { regressionCases } from '../cases/built-in.ts';
import { compareCases } from '../judge-case.ts';
import { fail, listed, NO_REGRESSION, pass, skipped, type Check } from './check.ts';

/** Every regression case, built in or the twin's own, that holds under the active spec still holds. */
export const golden: Check = {
  name: 'golden',
  run({ input: { active, candidate, cases, regression }, plan }) {
    if (!regression) return skipped(NO_REGRESSION);
    const all = [...regressionCases, ...cases];
    const { counted, newlyFailing, newlyHolding } = compareCases(all, { active, candidate }, plan);
    if (counted === 0) {
      return skipped(
        'No regression case holds under the active version, so none can newly fail. Add cases of your own.',
      );
    }
    const data = {
      cases: all.length,
      counted,
      newly_failing: newlyFailing.map(({ id, broken }) => ({ id, broken })),
      newly_failing_adversarial: newlyFailing.filter((one) => one.adversarial).length,
      newly_holding: newlyHolding,
    };
    if (newlyFailing.length === 0) {
      return pass(`All ${counted} of ${all.length} cases that hold under the active version still hold.`, data);
    }
    const ids = newlyFailing.map(({ id }) => id);
    return fail(
      `${ids.length} of ${counted} regression cases newly fail: ${listed(ids)}. Undo what breaks them, or change the case if it is out of date.`,
      data,
    );
  },
};
