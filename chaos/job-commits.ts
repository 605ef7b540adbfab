import type { Commit } from './proxy/commit-tap.ts';
import type { CommitWatch } from './system/system.ts';
import type { Replica } from './system/replica.ts';

const STEPS = ['learn', 'gate', 'publish', 'finish'] as const;

/** The commits of a job that learns and publishes, in order. */
export const JOB_COMMITS = [
  'claim',
  'learn begins',
  'snapshot',
  'learn writes',
  'gate begins',
  'gate writes',
  'publish begins',
  'publish writes',
  'finish begins',
  'finish writes',
] as const;
export type JobCommit = (typeof JOB_COMMITS)[number];

export interface JobCommitSeen {
  readonly replica: Replica;
  readonly when: 'before' | 'after';
  readonly commit: JobCommit;
  /** The twin of the job; a snapshot is the tenant's. */
  readonly twin: string | undefined;
}

function kindOf({ statements }: Commit): 'claim' | 'snapshot' | 'begins' | 'writes' | undefined {
  const has = (pattern: RegExp): boolean => statements.some((sql) => pattern.test(sql));
  if (has(/^insert into "jobs"/)) return 'claim';
  if (has(/^insert into "learning_snapshots"/)) return 'snapshot';
  if (has(/^update "jobs" .*"epoch" <= /)) return 'begins';
  if (has(/^update "jobs" .*"epoch" = \$\d+ and /)) return 'writes';
  return undefined;
}

/** Names the commits of these twins' jobs; `see` may take its time, and Postgres or the process waits meanwhile. */
export function watchJobs(twins: readonly string[], see: (seen: JobCommitSeen) => Promise<void>): CommitWatch {
  const written = new Map<string, number>();
  return async (replica, when, commit) => {
    const kind = when === 'during' ? undefined : kindOf(commit);
    if (when === 'during' || kind === undefined) return;
    if (kind === 'snapshot') return see({ replica, when, commit: 'snapshot', twin: undefined });
    const twin = twins.find((id) => new RegExp(`\\b${id}\\b`).test(commit.parameters));
    if (twin === undefined) return;
    if (kind === 'claim') return see({ replica, when, commit: 'claim', twin });
    const step = STEPS[written.get(twin) ?? 0];
    if (kind === 'writes' && when === 'after') written.set(twin, (written.get(twin) ?? 0) + 1);
    if (step !== undefined) await see({ replica, when, commit: `${step} ${kind}`, twin });
  };
}
