import type { TwinControl } from '../control/twin-control.ts';
import type { OpenDatabase } from '../db/client.ts';
import type { Learner } from '../learner/learner.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import type { Log } from '../log.ts';

/** How much of a tenant may be under way at once in one process; above it the answer is 429. */
export interface ApiLimits {
  /** Votes that wait for their transaction. */
  readonly waitingVotes: number;
  /** Requests for a run that wait for its end. */
  readonly waitingRuns: number;
}

export const DEFAULT_LIMITS: ApiLimits = { waitingVotes: 5_000, waitingRuns: 100 };

/** What the server hands the app; nothing is global. */
export interface ApiDeps {
  readonly db: OpenDatabase;
  readonly control: TwinControl;
  readonly learner: Learner;
  /** Whether Temporal answers. Bounded in time, never rejects. */
  readonly temporalHealth: () => Promise<boolean>;
  readonly defaults: LearningDefaults;
  readonly log: Log;
  /** Aborted when the server begins to stop: not ready any more, and nobody waits for a run's end. */
  readonly stopping?: AbortSignal;
  /** Keys that are refused whatever the database says: a production server names the development key. */
  readonly refusedKeys?: readonly string[];
  readonly limits?: Partial<ApiLimits>;
}
