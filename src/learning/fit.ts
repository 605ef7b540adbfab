import { countCells } from './cells.ts';
import type { CellCounts } from './cells.ts';
import { buildDesign } from './design.ts';
import type { Design } from './design.ts';
import { buildLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { fitPosterior } from './model.ts';
import type { Posterior } from './model.ts';
import { PRIORS } from './priors.ts';
import { weighWithout } from './recount.ts';
import type { Weighed } from './recount.ts';
import { refitPosterior } from './refit.ts';
import type { Priors } from './priors.ts';
import { moduleTexts } from './texts.ts';
import type { ModuleTexts } from './texts.ts';
import type { LedgerEvent, PublishedTexts } from './types.ts';
import { voteWeights } from './weights.ts';

export interface FitOptions {
  /** Milliseconds since the epoch; later events are ignored. */
  readonly as_of: number;
  /** Each vote without a rater is a rater of its own: for files, never for live votes. */
  readonly anonymous_as_raters?: boolean;
  /** By twin, the modules that it publishes, so that votes on an older text, or on an unknown one, are told apart. */
  readonly published?: PublishedTexts;
  readonly priors?: Priors;
}

/** One fit of all twins of a tenant. Not for storing: the same events and options give the same fit. */
export interface TenantFit {
  readonly events: readonly LedgerEvent[];
  readonly options: FitOptions;
  readonly priors: Priors;
  readonly ledger: Ledger;
  readonly texts: ModuleTexts;
  readonly design: Design;
  readonly weights: Float64Array;
  readonly counts: CellCounts;
  readonly posterior: Posterior;
}

/**
 * Fits the votes of a tenant that count at `as_of` (docs/learning.md, section 3). `events` are all ledger rows of the
 * snapshot in any order, duplicates allowed; the result is bit for bit the same for any order. Nothing is mutated.
 */
export function fitTenant(events: readonly LedgerEvent[], options: FitOptions): TenantFit {
  const ledger = buildLedger(events, options.as_of, options.anonymous_as_raters ?? false);
  const texts = moduleTexts(ledger, options.published ?? new Map());
  const priors = options.priors ?? PRIORS;
  const design = buildDesign(ledger, texts, priors);
  const weights = voteWeights(ledger);
  const counts = countCells(design, ledger, weights);
  return { events, options, priors, ledger, texts, design, weights, counts, posterior: fitPosterior(design, counts) };
}

/** The fit as if rater `rater` of its ledger had never voted. */
export function withoutRater(
  fit: TenantFit,
  rater: number,
  weigh: (rater: number) => Weighed = () => weighWithout(fit.design, fit.ledger, rater),
): TenantFit {
  const { ledger, options, texts } = fit;
  // What was an edit of what is told by votes, too: where it hangs on this rater's, the columns are others.
  if (texts.dependOn(rater)) {
    return fitTenant(
      ledger.votes.filter((_, vote) => ledger.rater[vote] !== rater),
      options,
    );
  }
  const { weights, counts } = weigh(rater);
  return { ...fit, weights, counts, posterior: refitPosterior(fit.design, counts, fit.posterior) };
}
