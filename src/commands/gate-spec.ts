import type { OpenDatabase } from '../db/client.ts';
import { readRatedAnswers, readTwinCases } from '../db/gate-data.ts';
import type { SpecRow } from '../db/spec-writes.ts';
import { caseSetHash, runGate, withCheck } from '../gate/gate.ts';
import type { CheckName, GateReport } from '../gate/types.ts';

/**
 * The gate on a stored spec against the live one, outside any transaction. An owner's draft is judged without lineage
 * and provenance; a learned one keeps its manifest, whose provenance its own run has recomputed. A language model that
 * compares answers takes minutes, and a request should not: that is for runs.
 */
export async function gateSpec({ db }: OpenDatabase, active: SpecRow, candidate: SpecRow): Promise<GateReport> {
  const learned = candidate.origin === 'learned';
  return runGate({
    active: active.spec,
    candidate: candidate.spec,
    manifest: learned ? candidate.manifest : null,
    relearned: null,
    parent: learned ? { version: candidate.parent_version ?? '', hash: candidate.parent_hash ?? '' } : null,
    cases: await readTwinCases(db, candidate.twin_id),
    rated: await readRatedAnswers(db, candidate.twin_id),
    regression: true,
  });
}

/** How a candidate is judged against the live spec: by `gateSpec`, here or in another thread. */
export type JudgeSpec = (active: SpecRow, candidate: SpecRow) => Promise<GateReport>;

/** Judging on the spot; a server asks its learner's thread. */
export const judgeHere =
  (database: OpenDatabase): JudgeSpec =>
  (active, candidate) =>
    gateSpec(database, active, candidate);

/**
 * The candidate's own report, or a new one when the twin's regression cases are not those it was made with. No language
 * model is asked here: what it said of the same two versions is kept.
 */
export async function currentReport(
  { db }: OpenDatabase,
  active: SpecRow,
  candidate: SpecRow,
  judge: JudgeSpec,
): Promise<GateReport> {
  const known = candidate.gate_report;
  const cases = await readTwinCases(db, candidate.twin_id);
  if (known !== null && known.case_set_hash === caseSetHash(cases)) return known;
  const report = await judge(active, candidate);
  const behaviour = known?.checks.find(({ name }) => name === 'behaviour');
  return behaviour === undefined ? report : withCheck(report, behaviour);
}

/** Names of the checks with one of these statuses that were not acknowledged. */
export function unacknowledged(
  report: GateReport,
  statuses: readonly ('fail' | 'inconclusive')[],
  acknowledged: readonly string[],
): CheckName[] {
  return report.checks
    .filter(({ name, status }) => statuses.some((one) => one === status) && !acknowledged.includes(name))
    .map(({ name }) => name);
}
