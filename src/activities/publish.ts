import type { Transaction } from '../db/client.ts';
import type { OpenStep } from './job-step.ts';
import { activateSpec, supersedeHeld, updateSpec } from '../db/spec-writes.ts';
import type { LockedTwin } from '../db/twin-lock.ts';
import { resolvePolicy } from '../learning/policy.ts';
import { PROBATION_DAYS } from '../learning/probation.ts';
import { bug } from './bug.ts';
import type { ActivityDeps } from './deps.ts';
import { runJobStep, type StepInput, type StepOutcome, type StepResult } from './job-step.ts';
import { relearn } from './relearn.ts';

/** Publishes, holds or refuses the candidate: one transaction that compares the parent and reads policy and pause anew. */
export function publish(deps: ActivityDeps, input: StepInput): Promise<StepResult> {
  return runJobStep(deps, input, 'publish', async (step) => (tx, locked) => decide(tx, locked, step, deps));
}

async function decide(
  tx: Transaction,
  { state }: LockedTwin,
  { job, run }: OpenStep,
  { defaults }: ActivityDeps,
): Promise<StepOutcome> {
  const version = run.candidate_version;
  if (version === null || run.verdict === null) throw bug(`job ${job.id} has nothing to publish`);
  if (state.active_version !== run.parent_version) return relearn(tx, run);

  if (run.verdict === 'fail') {
    await updateSpec(tx, run.twin_id, version, { status: 'archived' });
    return {
      next: 'finish',
      run: { publish_decision: 'refused', reason: 'gate_failed' },
      log: { level: 'warning', message: `Refused ${version}: the gate failed it.`, metadata: { version } },
    };
  }

  const policy = resolvePolicy(job.metadata.requested, state, defaults);
  const hold =
    run.verdict === 'inconclusive'
      ? 'gate_inconclusive'
      : state.paused_at !== null
        ? 'paused'
        : !policy.auto_publish.value
          ? 'auto_publish_off'
          : state.probation_until !== null
            ? 'probation_active'
            : (job.metadata.llm?.taken ?? 0) > 0
              ? 'worded_by_model'
              : null;
  if (hold === null) {
    const reason = `gate passed, auto_publish by ${policy.auto_publish.source}`;
    await activateSpec(tx, run.twin_id, version, {
      published_by: `job:${job.id}`,
      reason,
      acknowledged: null,
      review: null,
      probation_days: run.summary.includes('prompt_unchanged') ? undefined : PROBATION_DAYS,
    });
    return {
      next: 'finish',
      run: { publish_decision: 'published', reason: null },
      log: { level: 'info', message: `Published ${version}: ${reason}.`, metadata: { version } },
    };
  }
  const superseded = await supersedeHeld(tx, run.twin_id, version);
  await updateSpec(tx, run.twin_id, version, { review: 'held' });
  return {
    next: 'finish',
    run: { publish_decision: 'held', reason: hold },
    log: {
      level: 'info',
      message: `Held ${version} for the owner: ${hold}.`,
      metadata: { version, reason: hold, superseded: superseded ?? null },
    },
  };
}
