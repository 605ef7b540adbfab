import { meanWithModule, twinAnswers, votesWith } from './answers.ts';
import type { TwinAnswers } from './answers.ts';
import { INTERCEPT, moduleColumn, precisionOf } from './columns.ts';
import type { TwinBlock } from './design.ts';
import { sumOf } from './effects.ts';
import type { TenantFit } from './fit.ts';
import { sigmoid } from './model.ts';
import { normalCdf } from './statistics.ts';
import type { ModuleEstimate, PublishedModule } from './types.ts';

/** A module harms when its lift is below this, on the logit scale. */
export const HARM_LIFT = -0.2;
/** 80 % of a normal lies within so many standard deviations. */
const BAND_SD = 1.2816;
const WATCH_FROM = 0.8;

/** One twin of a fit, prepared for questions about its modules. */
export interface TwinView {
  readonly fit: TenantFit;
  readonly twin_id: string;
  /** Null for a twin without votes. */
  readonly votes: { readonly block: TwinBlock; readonly answers: () => TwinAnswers } | null;
}

export function viewTwin(fit: TenantFit, twin_id: string): TwinView {
  const block = fit.design.blocks.find(({ twin }) => twin === twin_id);
  if (block === undefined) return { fit, twin_id, votes: null };
  let answers: TwinAnswers | null = null;
  return { fit, twin_id, votes: { block, answers: () => (answers ??= twinAnswers(fit, block)) } };
}

/** A module's effect on the logit scale. */
export interface Lift {
  readonly mean: number;
  readonly sd: number;
}

/** A module's text. */
export type ModuleText = Pick<PublishedModule, 'id' | 'hash'>;

/** The effects whose sum is a module's lift in a twin; null when no vote of the twin speaks about it. */
export function effectsOfModule({ votes }: TwinView, { id, hash }: ModuleText): number[] | null {
  const column = votes?.block.column.get(moduleColumn(id, hash));
  return votes === null || column === undefined ? null : [votes.block.pooled[column]!, votes.block.start + column];
}

/** Lift of a module in a twin: pooled effect plus the twin's deviation; what has no votes has its prior. */
export function liftOf(view: TwinView, module: ModuleText): Lift {
  const { design, posterior, priors } = view.fit;
  const name = moduleColumn(module.id, module.hash);
  const pooled = design.column.get(name);
  const own = effectsOfModule(view, module);
  const effects = own ?? (pooled === undefined ? [] : [pooled]);
  const prior = precisionOf(name, priors);
  const unseen = (own === null ? 1 / prior.twin : 0) + (pooled === undefined ? 1 / prior.pooled : 0);
  const variance = posterior.covariance.variance(sumOf(design, effects));
  return {
    mean: effects.reduce((sum, effect) => sum + posterior.effects[effect]!, 0),
    sd: Math.sqrt(unseen + variance),
  };
}

export const probabilityOfHarm = (lift: Lift): number => normalCdf((HARM_LIFT - lift.mean) / lift.sd);

/** Confidence at a lift; a twin without answers is asked at its intercept alone. */
function confidenceAt({ fit, votes }: TwinView, id: string, lift: number): number {
  const mean = votes === null ? null : meanWithModule(votes.answers(), id, lift);
  if (mean !== null) return mean;
  const column = fit.design.column.get(INTERCEPT);
  const intercept = column === undefined ? fit.priors.intercept.mean : fit.posterior.effects[column]!;
  return sigmoid(intercept + lift);
}

/** Lower end of the 80 % band of a module's confidence. */
export const lowerBandAt = (view: TwinView, id: string, lift: Lift): number =>
  confidenceAt(view, id, lift.mean - BAND_SD * lift.sd);

/** What the fit says of a module; without the figures that come from counting votes. */
export function estimateEffect(view: TwinView, module: ModuleText): Omit<ModuleEstimate, 'human_raters'> {
  const { twin_id, votes } = view;
  const { id, hash } = module;
  const lift = liftOf(view, module);
  const p_harm = probabilityOfHarm(lift);
  return {
    twin_id,
    id,
    hash,
    lift,
    p_harm,
    confidence: confidenceAt(view, id, lift.mean),
    band: {
      low: lowerBandAt(view, id, lift),
      high: confidenceAt(view, id, lift.mean + BAND_SD * lift.sd),
    },
    effective_n: votes === null ? 0 : votesWith(votes.answers(), id, votes.block.column.get(moduleColumn(id, hash))),
    watch: p_harm >= WATCH_FROM,
  };
}
