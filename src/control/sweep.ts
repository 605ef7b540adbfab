import type { Database } from '../db/client.ts';
import { findSweepCandidates } from '../db/sweep.ts';
import type { SweepDecision, SweepInput, SweepSummary } from '../workflows/contract.ts';
import type { TwinControl } from './twin-control.ts';

/** Pokes under way at once: enough to hide the round trip, few enough for a small server. */
const CONCURRENCY = 10;

export interface SweepDeps {
  readonly db: Database;
  readonly control: TwinControl;
  readonly defaultMinEvents: number;
  /** Hears how many twins have been poked so far; may throw to stop. */
  readonly progress?: (done: number) => void;
}

/** Finds the twins that are due or need repair, and pokes each; their workflows decide. Safe to repeat and to race. */
export async function runSweep(deps: SweepDeps, input: SweepInput): Promise<SweepSummary> {
  const candidates = await findSweepCandidates(deps.db, {
    minEvents: input.minEvents,
    defaultMinEvents: deps.defaultMinEvents,
    limit: input.limitTwins,
    tenantId: input.tenantId ?? null,
  });
  const decisions: SweepDecision[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < candidates.length; index = next++) {
      const candidate = candidates[index];
      if (candidate === undefined) return;
      const { twin_id, tenant_id, reason } = candidate;
      const sent = await deps.control.poke({ id: twin_id, tenant_id }, 'stateChanged', 'scheduled_sweep');
      decisions[index] = { twin_id, enqueued: sent, reason: sent ? reason : 'poke_failed' };
      deps.progress?.(decisions.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return {
    status: 'completed',
    required_events: input.minEvents,
    twins_considered: candidates.length,
    jobs_enqueued: decisions.filter((decision) => decision.enqueued).length,
    decisions,
  };
}
