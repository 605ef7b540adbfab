import { planTwin } from '../commands/plan.ts';
import { requestRun } from '../commands/request-run.ts';
import type { PokeSource } from '../learning/decide.ts';
import type { RunRequest, SweepInput } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';
import { eraseByAge } from './erase-by-age.ts';
import { failJob, type FailJobInput } from './fail-job.ts';
import { finish } from './finish.ts';
import { gate } from './gate.ts';
import { heartbeating } from './heartbeating.ts';
import type { StepInput } from './job-step.ts';
import { learn } from './learn.ts';
import { counted } from './metrics.ts';
import { publish } from './publish.ts';
import { purge } from './purge.ts';
import { sweep } from './sweep.ts';
import { withoutValues } from './without-values.ts';

export type Activities = ReturnType<typeof createActivities>;

/** All activities, bound to what the worker gives them. Those that work in batches heartbeat themselves, with details. */
export function createActivities(deps: ActivityDeps) {
  const { metrics } = deps;
  return {
    plan: counted(
      metrics,
      'plan',
      step((input: { readonly twinId: string; readonly source: PokeSource }) => planTwin(deps.database, input, deps)),
      (counts, plan) => counts.planned(plan),
    ),
    claimRequestedRun: counted(
      metrics,
      'claimRequestedRun',
      step(({ twinId, request }: { readonly twinId: string; readonly request: RunRequest }) =>
        requestRun(deps.database, twinId, request, deps.defaults),
      ),
    ),
    learn: counted(
      metrics,
      'learn',
      step((input: StepInput) => learn(deps, input)),
    ),
    gate: counted(
      metrics,
      'gate',
      step((input: StepInput) => gate(deps, input)),
    ),
    publish: counted(
      metrics,
      'publish',
      step((input: StepInput) => publish(deps, input)),
    ),
    finish: counted(
      metrics,
      'finish',
      step((input: StepInput) => finish(deps, input)),
    ),
    failJob: counted(
      metrics,
      'failJob',
      step((input: FailJobInput) => failJob(deps, input)),
    ),
    purge: counted(
      metrics,
      'purge',
      withoutValues((input: { readonly twinId: string }) => purge(deps, input)),
    ),
    eraseByAge: counted(
      metrics,
      'eraseByAge',
      withoutValues(() => eraseByAge(deps)),
    ),
    sweep: counted(
      metrics,
      'sweep',
      withoutValues((input: SweepInput) => sweep(deps, input)),
      (counts, summary) => counts.swept(summary),
    ),
  };
}

const step = <A extends readonly unknown[], R>(activity: (...args: A) => Promise<R>) =>
  heartbeating(withoutValues(activity));
