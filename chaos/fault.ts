import type { VoteLine } from './load/voter-messages.ts';
import type { ChaosSystem } from './system/system.ts';

/** From when on the system could have gone on, and what shows that it has. Times are ms since the epoch. */
export interface Recovery {
  readonly since: number;
  readonly until: 'vote' | 'job';
  /** Only a job of this twin counts. */
  readonly twin?: string;
}

export interface Outcome {
  /** How often the fault really struck; a run in which it never did has shown nothing. */
  readonly fired: number;
  readonly recoveries?: readonly Recovery[];
  /** While something was away: how long votes took then is measured. */
  readonly away?: readonly { readonly from: number; readonly to: number }[];
  /** Further figures for the table. */
  readonly notes?: readonly string[];
  /** What the fault itself found wrong. */
  readonly problems?: readonly string[];
  /** Asked once all has settled: what is wrong then. */
  readonly afterwards?: (votes: readonly VoteLine[]) => Promise<readonly string[]>;
}

export interface FaultContext {
  readonly system: ChaosSystem;
  /** Numbers in [0, 1) that the run's seed and the fault's name determine. */
  readonly random: () => number;
  /** Of this fault alone. */
  readonly tenant: string;
  readonly apiKey: string;
  /** Twins in their cooldown, that a steady load of votes goes to. */
  readonly voters: readonly string[];
  /** Twins that learn once `learn` has sent their votes, and publish what they have learned. */
  readonly learners: readonly string[];
  /** Has votes sent that make these twins learn: to any API, or to this one. */
  readonly learn: (twins: readonly string[], url?: string) => void;
  /** Waits until jobs of this fault have come so far; throws when they do not. */
  readonly until: (what: string, ask: () => Promise<boolean>, timeoutMs?: number) => Promise<void>;
  readonly progress: (line: string) => void;
}

export interface Fault {
  readonly name: string;
  /** What is done, for `--help` and the documentation. */
  readonly what: string;
  /** Twins that it makes learn. */
  readonly learners: number;
  /** Steady votes a second meanwhile; default 30. */
  readonly votesPerSecond?: number;
  run(context: FaultContext): Promise<Outcome>;
}
