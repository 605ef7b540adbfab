import { effectsOfModule, liftOf, lowerBandAt, probabilityOfHarm, viewTwin } from './estimate.ts';
import type { TwinView } from './estimate.ts';
import { withoutRater } from './fit.ts';
import type { TenantFit } from './fit.ts';
import { harmScoreWithout, influences } from './influence.ts';
import type { Influence } from './influence.ts';
import { weighingsWithout } from './recount.ts';
import { normalQuantile } from './statistics.ts';
import { ARCHIVE_FROM, supportedChange } from './status.ts';
import type { StatusChange } from './status.ts';
import type { PublishedModule } from './types.ts';
import { halfLifeDeciders } from './weights.ts';

/** So many raters are left out by an exact fit; the others weaken the change less, to first order. */
const EXACT_REFITS = 32;
/** An exact fit is spared where so many times a rater's first-order influence would still not undo the change. */
const SAFETY = 3;

type Module = Pick<PublishedModule, 'id' | 'hash' | 'status'>;

/** Gives the fit without a rater; several modules ask for the same ones, so each is computed once. */
export type RefitWithout = (rater: number) => TenantFit;

export function refitsOf(fit: TenantFit): RefitWithout {
  const known = new Map<number, TenantFit>();
  let weigh: ReturnType<typeof weighingsWithout> | undefined;
  return (rater) => {
    weigh ??= weighingsWithout(fit.design, fit.ledger, fit);
    const refit = known.get(rater) ?? withoutRater(fit, rater, weigh);
    known.set(rater, refit);
    return refit;
  };
}

/**
 * The raters to leave out by an exact fit, those first whose deletion weakens the change most. A rater whose votes decide
 * a twin's half-life, or what was an edit of what, comes before all: deleting them reweighs everybody's, which the first
 * order does not see.
 */
function ratersToLeaveOut(view: TwinView, module: Module, effects: readonly number[], change: StatusChange): number[] {
  const lift = liftOf(view, module);
  const deciders = halfLifeDeciders(view.fit.ledger);
  const decides = (rater: number) => deciders.has(rater) || view.fit.texts.dependOn(rater);
  const sign = change === 'archived' ? 1 : -1;
  const strength = (influence: Influence) => sign * harmScoreWithout(lift, influence, 1);
  const safe = (influence: Influence) =>
    change === 'archived' && harmScoreWithout(lift, influence, SAFETY) > normalQuantile(ARCHIVE_FROM);
  return influences(view.fit, effects)
    .map((influence) => ({ ...influence, strength: strength(influence), decides: decides(influence.rater) }))
    .filter((influence) => influence.decides || !safe(influence))
    .sort((a, b) => Number(b.decides) - Number(a.decides) || a.strength - b.strength || a.rater - b.rater)
    .slice(0, EXACT_REFITS)
    .map(({ rater }) => rater);
}

/**
 * True when the statistics support the change without any single rater of the tenant: effects are pooled, so a rater of
 * another twin counts too. How many votes and raters there are is asked of the whole ledger only.
 */
export function survivesEveryRater(
  view: TwinView,
  module: Module,
  change: StatusChange,
  refitWithout: RefitWithout,
): boolean {
  const effects = effectsOfModule(view, module);
  if (effects === null) return false;
  return ratersToLeaveOut(view, module, effects, change).every((rater) => {
    const without = viewTwin(refitWithout(rater), view.twin_id);
    const lift = liftOf(without, module);
    const lowerBand = () => lowerBandAt(without, module.id, lift);
    return supportedChange(module.status, probabilityOfHarm(lift), lowerBand) === change;
  });
}
