import { cooldownEnd } from '../commands/claim.ts';
import { updateTwinState } from '../db/twin-lock.ts';
import { resolvePolicy } from '../learning/policy.ts';
import { bug } from './bug.ts';
import type { ActivityDeps } from './deps.ts';
import { runJobStep, type StepInput, type StepResult } from './job-step.ts';

/** Closes job and run with their decision, and frees the twin for the next one. */
export function finish(deps: ActivityDeps, input: StepInput): Promise<StepResult> {
  return runJobStep(deps, input, 'finish', async ({ job, run }) => async (tx, { now, state }) => {
    const decision = run.publish_decision;
    if (decision === null) throw bug(`job ${job.id} has no decision to finish with`);
    const { cooldown_minutes } = resolvePolicy({}, state, deps.defaults);
    await updateTwinState(tx, run.twin_id, {
      open_job_id: null,
      failures: 0,
      backoff_until: null,
      cooldown_until: cooldownEnd(state.last_claimed_at, cooldown_minutes.value, null),
      last_decision: decision,
    });
    return {
      next: 'done',
      run: { status: 'completed', completed_at: now },
      job: { status: 'complete', completed_at: now, metadata: { ...job.metadata, publish_decision: decision } },
      log: {
        level: 'info',
        message: `Complete: ${decision}${run.reason === null ? '' : ` (${run.reason})`}.`,
        metadata: { publish_decision: decision, version: run.candidate_version },
      },
    };
  });
}
