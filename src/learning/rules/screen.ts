import type { Check } from '../../gate/checks/check.ts';
import { CHECKS } from '../../gate/checks/table.ts';
import { createContext } from '../../gate/context.ts';
import type { CheckName, CheckResult, RatedAnswer, RegressionCase } from '../../gate/types.ts';
import { applyOperations } from '../../persona/manifest.ts';
import type { Manifest, Operation } from '../../persona/operation.ts';
import { OperationError } from '../../persona/pointer.ts';
import type { PersonaSpec } from '../../persona/spec.ts';

const SEVERITY: Readonly<Record<CheckResult['status'], number>> = { skipped: 0, pass: 0, inconclusive: 1, fail: 2 };

/** These look at how a candidate came about, which nobody knows before there is one. */
const WITHOUT: readonly CheckName[] = ['lineage', 'provenance'];
const SCREENED: readonly Check[] = CHECKS.filter(({ name }) => !WITHOUT.includes(name));

interface Evidence {
  readonly cases: readonly RegressionCase[];
  readonly rated: readonly RatedAnswer[];
}

/**
 * Tries rules by the gate's own checks, each on top of those taken before it, so that a rule never holds up or sinks the
 * rest of a candidate. `try` gives the checks that the operation would make worse; none: it is taken.
 */
export function createScreen(active: PersonaSpec, before: Manifest, { cases, rated }: Evidence) {
  const judge = (operations: Manifest): Map<CheckName, number> => {
    const context = createContext({
      active,
      candidate: applyOperations(active, operations),
      manifest: null,
      relearned: null,
      parent: null,
      cases,
      rated,
      regression: true,
    });
    return new Map(SCREENED.map(({ name, run }) => [name, SEVERITY[run(context).status]]));
  };
  let taken = before;
  let known: Map<CheckName, number> | undefined;
  return {
    try(operation: Operation): CheckName[] {
      known ??= judge(before);
      const operations = [...taken, operation];
      try {
        const worse = [...judge(operations)].filter(([name, severity]) => severity > (known?.get(name) ?? 0));
        if (worse.length === 0) taken = operations;
        return worse.map(([name]) => name);
      } catch (error) {
        // A list is full, or two rules contradict each other: the candidate would not be a valid spec.
        if (error instanceof OperationError) return ['plan'];
        throw error;
      }
    },
  };
}
