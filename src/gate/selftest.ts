import { runGate } from './gate.ts';
import { candidateOf, PLANTS, type Material } from './selftest-plants.ts';
import { learnedAs } from './selftest-input.ts';
import type { CheckName, CheckResult, GateInput, GateReport, Verdict } from './types.ts';

/** What became of the regressions that one check must catch. */
interface CheckSelfTest {
  readonly check: CheckName;
  readonly caught: readonly string[];
  readonly missed: readonly { readonly what: string; readonly status: CheckResult['status'] }[];
  readonly not_planted: readonly { readonly what: string; readonly why: string }[];
}

export interface SelfTestReport {
  /** The live spec passed against itself, and no planted regression was missed. */
  readonly as_expected: boolean;
  /** The live spec as its own candidate. */
  readonly aa: { readonly verdict: Verdict; readonly failed: readonly CheckName[] };
  readonly checks: readonly CheckSelfTest[];
  /** Checks of which nothing is known: the twin has nothing to plant their regressions in. */
  readonly undecidable: readonly { readonly check: CheckName; readonly why: readonly string[] }[];
}

const statusIn = (report: GateReport, name: CheckName): CheckResult['status'] =>
  report.checks.find((check) => check.name === name)?.status ?? 'skipped';

/**
 * Tries the gate on a twin's own spec, cases and rated answers: an A/A comparison must pass, and every regression that
 * can be planted must fail the check that is there for it. Pure; `judge` is the gate to be tried.
 */
export function selfTest(material: Material, judge: (input: GateInput) => GateReport = runGate): SelfTestReport {
  const { active } = material;
  const same = judge(
    learnedAs(
      active,
      candidateOf(active, () => {}),
      material,
    ),
  );
  const results = PLANTS.map(({ what, check, plant }) => {
    const planting = plant(material);
    return 'why' in planting
      ? { what, check, why: planting.why }
      : { what, check, status: statusIn(judge(planting.input), check) };
  });
  const checks = [...new Set(PLANTS.map(({ check }) => check))].map((check): CheckSelfTest => {
    const own = results.filter((result) => result.check === check);
    return {
      check,
      caught: own.flatMap(({ what, status }) => (status === 'fail' ? [what] : [])),
      missed: own.flatMap(({ what, status }) => (status === undefined || status === 'fail' ? [] : [{ what, status }])),
      not_planted: own.flatMap(({ what, why }) => (why === undefined ? [] : [{ what, why }])),
    };
  });
  return {
    as_expected: same.verdict === 'pass' && checks.every(({ missed }) => missed.length === 0),
    aa: { verdict: same.verdict, failed: same.checks.flatMap(({ name, status }) => (status === 'fail' ? [name] : [])) },
    checks,
    undecidable: checks.flatMap(({ check, caught, missed, not_planted }) =>
      caught.length + missed.length > 0 ? [] : [{ check, why: not_planted.map(({ why }) => why) }],
    ),
  };
}
