import type { GateContext } from '../context.ts';
import type { CheckName, CheckResult } from '../types.ts';

export type Outcome = Omit<CheckResult, 'name'>;

/** One line of the report: a name and a pure function of the two specs and what comes with them. */
export interface Check {
  readonly name: CheckName;
  readonly run: (context: GateContext) => Outcome;
}

type Data = Record<string, unknown>;

export const pass = (detail: string, data?: Data): Outcome => outcome('pass', detail, data);
export const fail = (detail: string, data?: Data): Outcome => outcome('fail', detail, data);
export const inconclusive = (detail: string, data?: Data): Outcome => outcome('inconclusive', detail, data);
export const skipped = (detail: string): Outcome => outcome('skipped', detail);

function outcome(status: CheckResult['status'], detail: string, data?: Data): Outcome {
  return data === undefined ? { status, detail } : { status, detail, data };
}

/** Why golden and replay are skipped when the policy switches them off. */
export const NO_REGRESSION = 'The policy run_regression_gate is off, so this was not run.';

/** "a, b, c and 4 more": names enough to act on, without a sentence of a thousand ids. */
export function listed(ids: readonly string[], shown = 5): string {
  const head = ids.slice(0, shown).join(', ');
  return ids.length > shown ? `${head} and ${ids.length - shown} more` : head;
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
