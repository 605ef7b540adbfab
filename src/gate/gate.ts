import { contentHash, specHash } from '../persona/hash.ts';
import { channelIsolationCases, regressionCases } from './cases/built-in.ts';
import { CHECKS } from './checks/table.ts';
import { createContext } from './context.ts';
import type { CheckResult, GateInput, GateReport, RatedAnswer, RegressionCase, Verdict } from './types.ts';

const byHash = (items: readonly unknown[]): string[] => items.map(contentHash).sort();

const builtIn = byHash([...regressionCases, ...channelIsolationCases]);

/** Hash of the cases a gate run judges by: the built-in ones and the twin's, in any order. */
export function caseSetHash(cases: readonly RegressionCase[]): string {
  return contentHash([...builtIn, ...byHash(cases)].sort());
}

/** Hash of the recorded answers a gate run replays, in any order. */
function replayHash(rated: readonly RatedAnswer[]): string {
  return contentHash(byHash(rated));
}

/** One failed check fails the gate; without one, a single open question holds it; what is skipped does not count. */
export function verdictOf(checks: readonly Pick<CheckResult, 'status'>[]): Verdict {
  const has = (status: CheckResult['status']) => checks.some((check) => check.status === status);
  if (has('fail')) return 'fail';
  return has('inconclusive') ? 'inconclusive' : 'pass';
}

/**
 * Compares a candidate with the active spec. Pure: the same input gives the same report. Specs must have been parsed by
 * `personaSpecSchema`. Throws TypeError when a text holds a lone surrogate, which no JSON can carry.
 */
export function runGate(input: GateInput): GateReport {
  const context = createContext(input);
  const checks = CHECKS.map(({ name, run }): CheckResult => ({ name, ...run(context) }));
  return {
    verdict: verdictOf(checks),
    candidate_version: input.candidate.version,
    parent_version: input.active.version,
    candidate_hash: specHash(input.candidate),
    parent_hash: specHash(input.active),
    case_set_hash: caseSetHash(input.cases),
    replay_hash: replayHash(input.rated),
    checks,
  };
}

/** The report with one more check, in place of an earlier one of its name, and the verdict that follows. */
export function withCheck(report: GateReport, check: CheckResult): GateReport {
  const checks = [...report.checks.filter(({ name }) => name !== check.name), check];
  return { ...report, checks, verdict: verdictOf(checks) };
}
