import { ApplicationFailure } from '@temporalio/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PlanResult } from '../commands/plan.ts';
import type { SweepSummary } from '../workflows/contract.ts';
import type { OpenStep, StepOutcome } from './job-step.ts';

const DECISIONS = ['published', 'held', 'refused', 'no_candidate', 'failed', 'needs_attention'] as const;
const TRIGGERS = ['feedback_event', 'scheduled_sweep', 'manual', 'retry'] as const;
const PLANS = ['run', 'wait', 'wait_until', 'tenant_busy', 'gone'] as const;
const VERDICTS = ['pass', 'fail', 'inconclusive'] as const;
const SWEPT = ['due', 'stale_job', 'not_purged', 'probation_over', 'poke_failed'] as const;
const ACTIVITIES = [
  'plan',
  'claimRequestedRun',
  'learn',
  'gate',
  'publish',
  'finish',
  'failJob',
  'purge',
  'eraseByAge',
  'sweep',
] as const;
export type ActivityName = (typeof ACTIVITIES)[number];

/**
 * What a worker counts: figures only; no tenant, no twin, no text. Each counter stands at 0 from the start, so that its
 * first event is a rise.
 */
export function createWorkerMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, label: L, values: readonly string[]) => {
    const made = new Counter({ name, help, labelNames: [label], registers });
    for (const value of values) made.inc({ [label]: value } as Record<L, string>, 0);
    return made;
  };
  const plans = counter('twinloop_plans_total', 'Plans of twins, by what came of them.', 'result', PLANS);
  const verdicts = counter('twinloop_gate_verdicts_total', 'Candidates that were judged.', 'verdict', VERDICTS);
  const swept = counter('twinloop_sweep_twins_total', 'Twins that a sweep found, and why.', 'reason', SWEPT);
  const failures = counter(
    'twinloop_activity_failures_total',
    'Attempts of a step that failed.',
    'activity',
    ACTIVITIES,
  );
  const ended = new Counter({
    name: 'twinloop_jobs_ended_total',
    help: 'Jobs that ended, by decision and by what began them.',
    labelNames: ['decision', 'trigger'],
    registers,
  });
  for (const decision of DECISIONS) for (const trigger of TRIGGERS) ended.inc({ decision, trigger }, 0);
  const fencedWrites = new Counter({
    name: 'twinloop_fenced_writes_total',
    help: 'Attempts that found a newer one in their place, and wrote nothing.',
    registers,
  });
  const cycles = new Histogram({
    name: 'twinloop_cycle_duration_seconds',
    help: 'From the claim of a job to its decision.',
    labelNames: ['decision'],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
    registers,
  });
  const durations = new Histogram({
    name: 'twinloop_activity_duration_seconds',
    help: 'Attempts of a step, waiting for the learner and for Postgres included.',
    labelNames: ['activity'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300],
    registers,
  });
  const ready = new Gauge({
    name: 'twinloop_worker_ready',
    help: '1 when the worker polls, and Temporal and Postgres answer; else 0.',
    registers,
  });

  return {
    registry,
    /** Readiness is asked for at each scrape. */
    ready: (yes: boolean) => ready.set(yes ? 1 : 0),
    /** After a step's commit. */
    stepDone({ job, run }: OpenStep, outcome: StepOutcome): void {
      if (outcome.run?.verdict != null) verdicts.inc({ verdict: outcome.run.verdict });
      const at = outcome.job?.completed_at;
      if (!(at instanceof Date)) return;
      const decision = run.publish_decision ?? 'no_candidate';
      ended.inc({ decision, trigger: job.metadata.trigger });
      cycles.observe({ decision }, (at.getTime() - job.created_at.getTime()) / 1_000);
    },
    jobFailed: (decision: 'failed' | 'needs_attention', trigger: (typeof TRIGGERS)[number]) =>
      ended.inc({ decision, trigger }),
    /** After each attempt of an activity. */
    attempt(activity: ActivityName, seconds: number, error?: unknown): void {
      durations.observe({ activity }, seconds);
      if (error instanceof ApplicationFailure && error.type === 'Fenced') fencedWrites.inc();
      else if (error !== undefined) failures.inc({ activity });
    },
    planned: (plan: PlanResult) =>
      plans.inc({ result: plan.kind === 'waitUntil' ? (plan.reason ?? 'wait_until') : plan.kind }),
    swept({ decisions }: SweepSummary): void {
      for (const { reason } of decisions) swept.inc({ reason });
    },
  };
}

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** The activity, each of its attempts counted and timed; as it is where nobody counts. */
export function counted<A extends readonly unknown[], R>(
  metrics: WorkerMetrics | undefined,
  name: ActivityName,
  activity: (...args: A) => Promise<R>,
  result?: (metrics: WorkerMetrics, result: R) => void,
): (...args: A) => Promise<R> {
  if (metrics === undefined) return activity;
  return async (...args) => {
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1_000;
    try {
      const answer = await activity(...args);
      metrics.attempt(name, seconds());
      result?.(metrics, answer);
      return answer;
    } catch (error) {
      metrics.attempt(name, seconds(), error);
      throw error;
    }
  };
}
