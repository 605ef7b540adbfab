import { formatPointer } from '../persona/pointer.ts';
import type { Evidence, Operation } from '../persona/operation.ts';
import { compareText } from './canonical.ts';
import { confidenceChange } from './confidence.ts';
import { estimateEffect } from './estimate.ts';
import type { TwinView } from './estimate.ts';
import { statusChange } from './status.ts';
import type { StatusChange } from './status.ts';
import type { ModuleEstimate, PublishedModule } from './types.ts';
import { eventsHash } from './usage.ts';
import type { ModuleUsage } from './usage.ts';

/** A change that the evidence speaks for, before vetoes, budget and leaving raters out. */
export interface Proposal {
  readonly module: PublishedModule;
  /** Null for a change of confidence. */
  readonly status: StatusChange | null;
  readonly operation: Operation;
  readonly effective_votes: number;
  readonly events: number;
}

/** Evidence has six decimals: more would differ between machines, and say nothing. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

const NO_USAGE: ModuleUsage = { votes: [], raters: new Set() };

/** What the fit says of each module of a twin, in the spec's order. */
export function estimateModules(
  view: TwinView,
  modules: readonly PublishedModule[],
  usage: ReadonlyMap<string, ModuleUsage>,
): ModuleEstimate[] {
  return modules.map((module) => ({
    ...estimateEffect(view, module),
    human_raters: (usage.get(module.id) ?? NO_USAGE).raters.size,
  }));
}

/**
 * The changes that a module's estimate speaks for. Pinned and archived modules, and those without a vote, have none.
 * `evidence` carries what a later veto of the operation needs.
 */
function changesOf(view: TwinView, module: PublishedModule, estimate: ModuleEstimate, usage: ModuleUsage): Proposal[] {
  if (module.pinned || module.status === 'archived' || usage.votes.length === 0) return [];
  const events = usage.votes.length;
  const effective_votes = rounded(estimate.effective_n);
  const proposal = (
    field: 'status' | 'confidence',
    to: string | number,
    status: StatusChange | null,
    about: Evidence,
  ): Proposal => ({
    module,
    status,
    effective_votes,
    events,
    operation: {
      op: 'set',
      path: formatPointer(['procedural_modules', module.id, field]),
      from: module[field],
      to,
      evidence: {
        ...about,
        events,
        raters: estimate.human_raters,
        effective_votes,
        events_hash: eventsHash(view.fit, usage.votes),
      },
    },
  });
  const { p_harm, confidence, band } = estimate;
  const changes: Proposal[] = [];
  const status = statusChange(module.status, estimate);
  if (status !== null) {
    changes.push(proposal('status', status, status, { statistic: 'p_harm', value: rounded(p_harm) }));
  }
  const to = confidenceChange(module.confidence, confidence);
  if (to !== null) {
    const about = { statistic: 'confidence', value: rounded(confidence) };
    changes.push(proposal('confidence', to, null, { ...about, low: rounded(band.low), high: rounded(band.high) }));
  }
  return changes;
}

/** All such changes of a twin: status before confidence, most effective votes first, then by path. */
export function proposedChanges(
  view: TwinView,
  modules: readonly PublishedModule[],
  estimates: readonly ModuleEstimate[],
  usage: ReadonlyMap<string, ModuleUsage>,
): Proposal[] {
  return modules
    .flatMap((module, index) => changesOf(view, module, estimates[index]!, usage.get(module.id) ?? NO_USAGE))
    .sort(
      (a, b) =>
        Number(b.status !== null) - Number(a.status !== null) ||
        b.effective_votes - a.effective_votes ||
        compareText(a.operation.path, b.operation.path),
    );
}
