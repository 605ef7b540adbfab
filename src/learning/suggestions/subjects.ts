import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { compareText } from '../canonical.ts';
import type { TenantFit } from '../fit.ts';
import { type CountedVotes, type RatedVote, ratersOf } from '../rules/counted-votes.ts';
import { isDisliked, MIN_FLAGGED, MIN_RATERS } from '../rules/worse.ts';
import type { ModuleEstimate } from '../types.ts';

/** Modules that a run asks about. */
const MAX_SUBJECTS = 3;

/** What the fit knows that the rules' votes do not say. */
export interface ModuleEvidence {
  readonly estimates: readonly ModuleEstimate[];
  /** By event id, the modules that made the answer, in the text that the twin publishes now. */
  readonly modulesOf: ReadonlyMap<string, readonly string[]>;
}

/** A module that a language model is asked about, with the votes whose answers it made. */
export interface Subject {
  readonly module: ProceduralModule;
  readonly disliked: readonly RatedVote[];
  readonly liked: readonly RatedVote[];
}

export function moduleEvidence(fit: TenantFit, twin_id: string, estimates: readonly ModuleEstimate[]): ModuleEvidence {
  const { ledger, texts } = fit;
  const twin = ledger.twins.indexOf(twin_id);
  const votes = twin === -1 ? [] : ledger.votes.slice(ledger.first[twin], ledger.first[twin + 1]);
  const current = ({ id, hash }: { id: string; hash: string }) => texts.edits(twin_id, id, hash) === 0;
  return {
    estimates,
    modulesOf: new Map(votes.map(({ event_id, modules }) => [event_id, modules.filter(current).map(({ id }) => id)])),
  };
}

const weightOf = (votes: readonly RatedVote[]): number => votes.reduce((sum, vote) => sum + vote.weight, 0);

/**
 * The modules worth a question, 3 at most: in force, not pinned, with at least 5 disliked answers by at least 3 raters.
 * Those that the fit watches come first, then those with most thumbs down by weight.
 */
export function subjectsOf(
  spec: PersonaSpec,
  votes: CountedVotes,
  { estimates, modulesOf }: ModuleEvidence,
): Subject[] {
  const watched = new Set(estimates.filter(({ watch }) => watch).map(({ id }) => id));
  return spec.procedural_modules
    .filter((module) => !module.pinned && module.active && module.status === 'active')
    .map((module): Subject => {
      const about = votes.rated.filter(({ event_id }) => modulesOf.get(event_id)?.includes(module.id) === true);
      return { module, disliked: about.filter(isDisliked), liked: about.filter((vote) => !isDisliked(vote)) };
    })
    .filter(({ disliked }) => disliked.length >= MIN_FLAGGED && ratersOf(disliked) >= MIN_RATERS)
    .toSorted(
      (a, b) =>
        Number(watched.has(b.module.id)) - Number(watched.has(a.module.id)) ||
        weightOf(b.disliked) - weightOf(a.disliked) ||
        compareText(a.module.id, b.module.id),
    )
    .slice(0, MAX_SUBJECTS);
}
