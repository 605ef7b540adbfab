import type { TwinControl } from '../control/twin-control.ts';
import type { OpenDatabase } from '../db/client.ts';
import type { Learner } from '../learner/learner.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import type { Log } from '../log.ts';
import type { NamedKey } from '../named-keys.ts';

/** What one process takes; above it the answer is 429. */
export interface ApiLimits {
  /** Votes of a tenant that wait for their transaction. */
  readonly waitingVotes: number;
  /** Requests of a tenant for a run that wait for its end. */
  readonly waitingRuns: number;
  /** A second, of one API key; 0 is no limit. */
  readonly requestsPerKey: number;
  /** A second, without a valid API key from one IPv4 address or one /64 of IPv6; 0 is no limit. */
  readonly requestsPerIp: number;
}

/** How many requests a second is for the server's configuration to say. */
export const DEFAULT_LIMITS: ApiLimits = {
  waitingVotes: 5_000,
  waitingRuns: 100,
  requestsPerKey: 0,
  requestsPerIp: 0,
};

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
  /** Hears of each request with a valid key. */
  readonly keyUsed?: (keyId: string) => void;
  readonly limits?: Partial<ApiLimits>;
  /** Proxies in front, each of which adds the address that it saw to X-Forwarded-For; none by default. */
  readonly trustedProxies?: number;
  /** Origins whose pages may call the API from a browser; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Sign and verify feedback tokens, the first one signs; none by default, and then no token is made. */
  readonly feedbackTokenKeys?: readonly NamedKey[];
  /** Whether clients reach the API by HTTPS: browsers are then told to come no other way. */
  readonly behindTls?: boolean;
}
