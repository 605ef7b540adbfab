import type { TwinStateRow } from '../db/twin-lock.ts';
import { decideLearning, type LearningDecision } from '../learning/decide.ts';
import { resolvePolicy, type LearningDefaults } from '../learning/policy.ts';

/** What a request for a run may override. */
export interface RunOverrides {
  readonly force?: boolean;
  readonly min_events?: number;
}

/** Of a twin's row, what the decision needs. */
type DecidingState = Pick<
  TwinStateRow,
  'paused_at' | 'open_job_id' | 'pending_events' | 'cooldown_until' | 'min_events' | 'cooldown_minutes'
>;

/** The decision rule on a twin's row: the one way from a row to an answer. `now` is Postgres' clock. */
export function decideTwin(
  state: DecidingState,
  now: Date,
  defaults: LearningDefaults,
  request: RunOverrides = {},
): LearningDecision {
  const policy = resolvePolicy(request, state, defaults);
  return decideLearning(
    {
      paused: state.paused_at !== null,
      open_job_id: state.open_job_id,
      pending_events: state.pending_events,
      cooldown_until: state.cooldown_until?.getTime() ?? null,
    },
    {
      min_events: policy.min_events.value,
      cooldown_minutes: policy.cooldown_minutes.value,
      force: request.force ?? false,
    },
    now.getTime(),
  );
}
