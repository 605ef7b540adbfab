import assert from 'node:assert/strict';
import type { Inspected, Invariant, InvariantName, InvariantOptions } from './invariants/invariant.ts';
import { cooldownsKept, oneOpenJob } from './invariants/jobs.ts';
import { acceptedOnce, pendingAsDefined, rangesMeet } from './invariants/ledger.ts';
import { nothingOnAFail, oneActiveSpec } from './invariants/specs.ts';
import { noFeedbackText, openJobsLive, workflowsWell } from './invariants/workflows.ts';

/** What holds after every fault, whatever happened: design, section 7. */
const INVARIANTS: readonly Invariant[] = [
  acceptedOnce,
  rangesMeet,
  oneOpenJob,
  openJobsLive,
  oneActiveSpec,
  nothingOnAFail,
  cooldownsKept,
  workflowsWell,
  pendingAsDefined,
  noFeedbackText,
];

export interface Violation {
  readonly name: InvariantName;
  readonly rule: string;
  readonly offenders: readonly string[];
}

/** The invariants that do not hold, of all the twins in the database; empty when all is well. */
export async function findViolations(system: Inspected, options: InvariantOptions = {}): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { name, rule, offenders } of INVARIANTS) {
    const ids = await offenders(system, options);
    if (ids.length > 0) found.push({ name, rule, offenders: ids });
  }
  return found;
}

/** For the end of every integration test. Fails with each broken invariant's name and what breaks it. */
export async function assertInvariants(system: Inspected, options: InvariantOptions = {}): Promise<void> {
  const violations = await findViolations(system, options);
  const lines = violations.map(({ name, rule, offenders }) => `${name} ${rule}:\n  ${offenders.join('\n  ')}`);
  assert.equal(violations.length, 0, lines.join('\n'));
}
