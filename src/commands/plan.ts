import type { OpenDatabase, Transaction } from '../db/client.ts';
import { countOpenJobs, lockTenantClaims, readJobWithRun } from '../db/open-jobs.ts';
import { lockTwins } from '../db/twin-lock.ts';
import type { JobStep } from '../db/vocabulary.ts';
import type { PokeSource } from '../learning/decide.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import { awaitsProbation } from '../db/probation.ts';
import { claimRun } from './claim.ts';
import { decideTwin } from './decide-twin.ts';
import { readStatus } from './learning-view.ts';
import { settleProbation, type StandingProbation } from './probation.ts';

/** What the workflow shows of its twin: search attributes, and the Web UI's current details. */
export interface PlanView {
  readonly state: string;
  readonly message: string;
  readonly last_decision: string | null;
}

type Plan = { readonly view: PlanView } & (
  | { readonly kind: 'run'; readonly jobId: string; readonly step: JobStep }
  /** With `votesWake`, votes end the wait, too: a probation runs, which they may decide. */
  | {
      readonly kind: 'waitUntil';
      readonly until: string;
      readonly waitMs: number;
      readonly votesWake?: true;
      /** The twin is due; other runs of its tenant come first. */
      readonly reason?: 'tenant_busy';
    }
  | { readonly kind: 'wait' }
);

export type PlanResult = Plan | { readonly kind: 'gone'; readonly purged: boolean };

/** A timer of less would fire before the row has changed its mind, and be set again. */
const SHORTEST_WAIT_MS = 1_000;

/** Until a twin that found no room asks again: long enough to be cheap; by chance, so that they do not come together. */
const BUSY_WAIT_MS = { least: 10_000, most: 20_000 } as const;

export interface PlanRules {
  readonly defaults: LearningDefaults;
  /**
   * Runs of a tenant under way at once: its thousand due twins stand behind each other, not before another tenant's one.
   * Runs that somebody asked for, and retries, begin all the same.
   */
  readonly openJobsPerTenant: number;
}

/**
 * Decides what a twin's workflow does next, under the twin's lock: adopt the open job whoever made it (its maker is
 * dead or is the caller), claim a new one, or wait. The wait is measured by Postgres' clock from end to end.
 */
export function planTwin(
  { db }: OpenDatabase,
  input: { readonly twinId: string; readonly source: PokeSource },
  { defaults, openJobsPerTenant }: PlanRules,
): Promise<PlanResult> {
  const { twinId, source } = input;
  return db.transaction(async (tx) => {
    let locked = (await lockTwins(tx, [twinId])).get(twinId);
    if (locked === undefined) return { kind: 'gone', purged: true };
    if (locked.deleted) return { kind: 'gone', purged: false };
    const settled = await settleProbation(tx, locked);
    if (settled === 'ended') locked = (await lockTwins(tx, [twinId])).get(twinId) ?? locked;
    const { state, now } = locked;
    const view = () => viewOf(tx, twinId, now, defaults, settled === 'ended' ? undefined : settled);
    if (state.open_job_id !== null) {
      const found = await readJobWithRun(tx, state.open_job_id);
      if (found === undefined)
        throw new Error(`twin ${twinId} names an open job ${state.open_job_id} that is not there`);
      return { kind: 'run', jobId: found.job.id, step: found.job.step, view: await view() };
    }

    const decision = decideTwin(state, now, defaults);
    const deferred = state.deferred_until !== null && state.deferred_until > now;
    const coolingDown = state.cooldown_until !== null && state.cooldown_until > now;
    // What was learned during a probation is learned anew after it, from all the votes, once the cooldown allows.
    const again =
      !decision.enqueued &&
      !deferred &&
      !coolingDown &&
      state.paused_at === null &&
      state.probation_until === null &&
      (await awaitsProbation(tx, twinId));
    // Without a persona nothing can be learned; the votes wait for the first spec, which pokes.
    if ((decision.enqueued || again) && state.active_version !== null && !deferred) {
      await lockTenantClaims(tx, state.tenant_id);
      const open = await countOpenJobs(tx, state.tenant_id);
      if (open >= openJobsPerTenant) return tenantBusy(now, open, await view());
      const { jobId } = await claimRun(
        tx,
        locked,
        {
          trigger: source,
          actor: source,
          forced: again,
          request_id: null,
          reason: again ? 'probation_ended' : null,
          retry_of: null,
          requested: {},
        },
        defaults,
      );
      return { kind: 'run', jobId, step: 'learn', view: await view() };
    }
    // A vote that comes during the cooldown sends no poke that wakes: the timer is set whether or not any waits now.
    const wake = Math.max(state.cooldown_until?.getTime() ?? 0, state.deferred_until?.getTime() ?? 0) - now.getTime();
    const end = state.probation_until === null ? 0 : state.probation_until.getTime() - now.getTime();
    if ((wake > 0 || state.probation_until !== null) && state.paused_at === null) {
      const waitMs = Math.max(SHORTEST_WAIT_MS, wake > 0 && end > 0 ? Math.min(wake, end) : Math.max(wake, end));
      const votesWake = state.probation_until === null ? {} : { votesWake: true as const };
      return {
        kind: 'waitUntil',
        until: new Date(now.getTime() + waitMs).toISOString(),
        waitMs,
        ...votesWake,
        view: await view(),
      };
    }
    return { kind: 'wait', view: await view() };
  });
}

function tenantBusy(now: Date, open: number, view: PlanView): Plan {
  const waitMs = Math.round(BUSY_WAIT_MS.least + Math.random() * (BUSY_WAIT_MS.most - BUSY_WAIT_MS.least));
  const until = new Date(now.getTime() + waitMs).toISOString();
  const message = `Due; ${open} other runs of the tenant are under way, which is the most at once. Planned again at ${until}.`;
  return { kind: 'waitUntil', reason: 'tenant_busy', until, waitMs, view: { ...view, message } };
}

async function viewOf(
  tx: Transaction,
  twinId: string,
  now: Date,
  defaults: LearningDefaults,
  weighed: StandingProbation | undefined,
): Promise<PlanView> {
  const status = await readStatus(tx, twinId, defaults, weighed);
  if (status === undefined) throw new Error(`twin ${twinId} vanished under its lock`);
  // Votes that leave nothing due wake nobody: what is shown says how old it is.
  const message = `${status.message} As of ${now.toISOString()}.`;
  return { state: status.state, message, last_decision: status.last_decision };
}
