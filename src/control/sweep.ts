import type { Database } from '../db/client.ts';
import { findSweepCandidates, type SweepCandidate, type SweepPlace } from '../db/sweep.ts';
import type { SweepDecision, SweepInput, SweepSummary } from '../workflows/contract.ts';
import type { TwinControl } from './twin-control.ts';

/** Pokes under way at once: enough to hide the round trip, few enough for a small server. */
const CONCURRENCY = 10;
/** Twins that are read at once. */
const PAGE = 50;

/** How far a sweep has come, in plain JSON: whole pages, whose twins have all been poked. */
export interface SweepProgress {
  /** The last twin of the last page; null before the first. */
  readonly after: SweepPlace | null;
  readonly decisions: readonly SweepDecision[];
}

const START: SweepProgress = { after: null, decisions: [] };

export interface SweepDeps {
  readonly db: Database;
  readonly control: TwinControl;
  readonly defaultMinEvents: number;
  /** Hears after each poke how far the sweep has come; may throw to stop. */
  readonly progress?: (done: SweepProgress) => void;
}

/**
 * Finds the twins that are due or need repair, page by page, and pokes each; their workflows decide. Goes on from where
 * an attempt before it came to. Safe to repeat and to race.
 */
export async function runSweep(deps: SweepDeps, input: SweepInput, from = START): Promise<SweepSummary> {
  let done = from;
  for (let full = true; full && done.decisions.length < input.limitTwins;) {
    const limit = Math.min(PAGE, input.limitTwins - done.decisions.length);
    const page = await findSweepCandidates(deps.db, {
      minEvents: input.minEvents,
      defaultMinEvents: deps.defaultMinEvents,
      limit,
      tenantId: input.tenantId ?? null,
      after: done.after ?? undefined,
    });
    const decisions = await pokeAll(deps, page, () => deps.progress?.(done));
    const last = page.at(-1);
    if (last !== undefined) {
      const { rank, since, twin_id } = last;
      done = { after: { rank, since, twin_id }, decisions: [...done.decisions, ...decisions] };
      deps.progress?.(done);
    }
    full = page.length === limit;
  }
  return {
    status: 'completed',
    required_events: input.minEvents,
    twins_considered: done.decisions.length,
    jobs_enqueued: done.decisions.filter((decision) => decision.enqueued).length,
    decisions: done.decisions,
  };
}

async function pokeAll(
  { control }: SweepDeps,
  page: readonly SweepCandidate[],
  poked: () => void,
): Promise<SweepDecision[]> {
  const decisions: SweepDecision[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < page.length; index = next++) {
      const candidate = page[index];
      if (candidate === undefined) return;
      const { twin_id, tenant_id, reason } = candidate;
      const sent = await control.poke({ id: twin_id, tenant_id }, 'stateChanged', 'scheduled_sweep');
      decisions[index] = { twin_id, enqueued: sent, reason: sent ? reason : 'poke_failed' };
      poked();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return decisions;
}
