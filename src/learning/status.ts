import type { ModuleEstimate, PublishedModule } from './types.ts';

export type StatusChange = 'active' | 'archived';

export const ARCHIVE_FROM = 0.95;
const ACTIVATE_FROM = 0.9;
const ACTIVATE_BAND_FROM = 0.5;
const MIN_EFFECTIVE_VOTES = 8;
const MIN_HUMAN_RATERS = 3;

/**
 * What the statistics say of a module's status; `lowerBand` gives the lower end of its confidence. An archived module
 * comes back only by its owner.
 */
export function supportedChange(
  status: PublishedModule['status'],
  p_harm: number,
  lowerBand: () => number,
): StatusChange | null {
  if (status === 'archived') return null;
  if (p_harm >= ARCHIVE_FROM) return 'archived';
  return status === 'draft' && 1 - p_harm >= ACTIVATE_FROM && lowerBand() >= ACTIVATE_BAND_FROM ? 'active' : null;
}

/** The same, once enough votes and enough people are behind it. */
export function statusChange(status: PublishedModule['status'], estimate: ModuleEstimate): StatusChange | null {
  if (estimate.effective_n < MIN_EFFECTIVE_VOTES || estimate.human_raters < MIN_HUMAN_RATERS) return null;
  return supportedChange(status, estimate.p_harm, () => estimate.band.low);
}
