import { cancellationSignal } from '@temporalio/activity';
import { readActiveSpec, readSpecRow, updateSpec } from '../db/spec-writes.ts';
import { resolvePolicy } from '../learning/policy.ts';
import { readTwinState } from '../db/twin-lock.ts';
import { withBehaviour } from './behaviour.ts';
import { bug } from './bug.ts';
import type { ActivityDeps } from './deps.ts';
import { proposeFromKept } from './llm-suggestions.ts';
import { runJobStep, type StepInput, type StepResult } from './job-step.ts';
import { relearn } from './relearn.ts';

/** Compares the candidate with the live spec, on the run's own snapshot, and writes the report. */
export function gate(deps: ActivityDeps, input: StepInput): Promise<StepResult> {
  return runJobStep(deps, input, 'gate', async ({ job, run }) => {
    const { db } = deps.database;
    const candidate = await readSpecRow(db, run.twin_id, run.candidate_version ?? '');
    if (candidate === undefined || run.snapshot_id === null) {
      throw bug(`job ${job.id} stands at the gate without a candidate`);
    }
    const active = await readActiveSpec(db, run.twin_id);
    if (active === undefined || active.version !== candidate.parent_version) return (tx) => relearn(tx, run);

    const fit = await deps.fits.of(run.snapshot_id);
    const { operations: relearned } = await proposeFromKept(
      fit.propose,
      { twin_id: run.twin_id, active: active.spec },
      job.metadata.llm?.model,
      { db, run, signal: cancellationSignal() },
    );
    const state = await readTwinState(db, run.twin_id);
    const policy = resolvePolicy(job.metadata.requested, state, deps.defaults);
    const regression = policy.run_regression_gate.value;
    const specs = { active: active.spec, candidate: candidate.spec };
    const question = {
      tenant_id: run.tenant_id,
      twin_id: run.twin_id,
      ...specs,
      manifest: candidate.manifest,
      relearned,
      parent: { version: candidate.parent_version, hash: candidate.parent_hash ?? '' },
      regression,
    };
    const deterministic = await deps.learner.ask('gate', question, cancellationSignal());
    const report = await withBehaviour(deps, { run, ...specs, regression }, deterministic, cancellationSignal());
    const decisive = report.checks.filter((check) => check.status === 'fail' || check.status === 'inconclusive');

    return async (tx) => {
      await updateSpec(tx, run.twin_id, candidate.version, { gate_report: report });
      return {
        next: 'publish',
        run: { gate_report: report, verdict: report.verdict },
        job: {
          metadata: { ...job.metadata, gate_verdict: report.verdict, gate_passed: report.verdict === 'pass' },
        },
        log: {
          level: report.verdict === 'fail' ? 'warning' : 'info',
          message: `Gate: ${report.verdict}${decisive.length > 0 ? ` (${decisive.map((c) => c.name).join(', ')})` : ''}.`,
          metadata: { version: candidate.version, checks: report.checks.map(({ name, status }) => ({ name, status })) },
        },
      };
    };
  });
}
