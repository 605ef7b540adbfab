import type { Transaction } from '../db/client.ts';
import type { RunRow } from '../db/open-jobs.ts';
import { updateSpec } from '../db/spec-writes.ts';
import type { StepOutcome } from './job-step.ts';

/**
 * The live spec changed while the job ran, so its candidate answers yesterday's question: learn once more from the new
 * parent; a second time the job ends without a candidate, and the next one starts afresh.
 */
export async function relearn(tx: Transaction, run: RunRow): Promise<StepOutcome> {
  if (run.candidate_version !== null) {
    await updateSpec(tx, run.twin_id, run.candidate_version, { status: 'archived', review: 'superseded' });
  }
  const metadata = { superseded: run.candidate_version };
  if (run.relearned > 0) {
    return {
      next: 'finish',
      run: { publish_decision: 'no_candidate', reason: 'parent_changed', candidate_version: null },
      log: { level: 'warning', message: 'The live spec changed twice during the job; no candidate.', metadata },
    };
  }
  return {
    next: 'learn',
    run: { relearned: run.relearned + 1, candidate_version: null, gate_report: null, verdict: null },
    log: { level: 'info', message: 'The live spec changed during the job; learning once more.', metadata },
  };
}
