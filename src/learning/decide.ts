/** Who made a run start; a poke may name it. */
export type PokeSource = 'feedback_event' | 'scheduled_sweep' | 'manual';

/** The twin's row as far as the decision needs it. Instants are milliseconds since the epoch, from Postgres' clock. */
export interface LearningStateRow {
  readonly paused: boolean;
  readonly open_job_id: string | null;
  readonly pending_events: number;
  readonly cooldown_until: number | null;
}

/** The knobs in force: request over twin over environment, already resolved. */
export interface LearningPolicy {
  readonly min_events: number;
  readonly cooldown_minutes: number;
  /** Passes the threshold and the cooldown, never a pause or an open job. */
  readonly force: boolean;
}

export type LearningDecision =
  | { enqueued: false; reason: 'paused' }
  | { enqueued: false; reason: 'job_already_inflight'; job_id: string }
  | { enqueued: false; reason: 'insufficient_events'; pending_events: number; required_events: number }
  | { enqueued: false; reason: 'cooldown_active'; cooldown_minutes: number; next_eligible_at: string }
  | { enqueued: true; pending_events: number; required_events: number; job_id?: string };

/**
 * The one rule of when a twin learns. The API answers a vote with it and the plan step acts on it, both on the locked
 * row. Order matters: what the owner must act on comes before what time heals.
 */
export function decideLearning(state: LearningStateRow, policy: LearningPolicy, now: number): LearningDecision {
  const { pending_events } = state;
  const required_events = policy.min_events;
  if (state.paused) return { enqueued: false, reason: 'paused' };
  if (state.open_job_id !== null) return { enqueued: false, reason: 'job_already_inflight', job_id: state.open_job_id };
  if (!policy.force && pending_events < required_events) {
    return { enqueued: false, reason: 'insufficient_events', pending_events, required_events };
  }
  if (!policy.force && state.cooldown_until !== null && now < state.cooldown_until) {
    return {
      enqueued: false,
      reason: 'cooldown_active',
      cooldown_minutes: policy.cooldown_minutes,
      next_eligible_at: new Date(state.cooldown_until).toISOString(),
    };
  }
  return { enqueued: true, pending_events, required_events };
}
