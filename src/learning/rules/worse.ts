import { compareText } from '../canonical.ts';
import { betaPosterior, probabilityWorse } from '../statistics.ts';
import { type RatedVote, ratersOf, textsOf } from './counted-votes.ts';

export const MIN_FLAGGED = 5;
export const MIN_RATERS = 3;
export const MINED_FROM = 0.95;
export const HELD_OUT_FROM = 0.9;
/** Share of the answers, the newest, that a rule is not found in but tried on. */
const HELD_OUT_SHARE = 0.4;
/** With fewer disliked texts that a rule flags among the held-out, its prior alone would decide, against a good rest. */
const MIN_HELD_OUT = 2;

export const isDisliked = (vote: RatedVote): boolean => vote.score === -1;

export interface Split {
  readonly mined: readonly RatedVote[];
  readonly heldOut: readonly RatedVote[];
}

/**
 * The older 60 % to find rules in and the newest 40 % to try them on, by time, then event id. A text that a rule was
 * found in is no trial of it, whoever rates it again.
 */
export function splitByTime(rated: readonly RatedVote[]): Split {
  const order = rated.toSorted((a, b) => a.occurred_at - b.occurred_at || compareText(a.event_id, b.event_id));
  const cut = order.length - Math.floor(HELD_OUT_SHARE * order.length);
  const mined = order.slice(0, cut);
  const known = new Set(mined.map(({ text }) => text));
  return { mined, heldOut: order.slice(cut).filter(({ text }) => !known.has(text)) };
}

function posterior(votes: readonly RatedVote[]) {
  const sum = (of: readonly RatedVote[]) => of.reduce((total, vote) => total + vote.share, 0);
  return betaPosterior(sum(votes.filter(isDisliked)), sum(votes));
}

/** What a rule flags among answers, and the rest of the same intents. */
export interface Flagging {
  readonly flagged: readonly RatedVote[];
  readonly rest: readonly RatedVote[];
  /** P(what it flags is disliked more often than the rest), by the votes' shares. */
  readonly p_worse: number;
}

export function flagWith(votes: readonly RatedVote[], flags: (vote: RatedVote) => boolean): Flagging {
  const flagged = votes.filter(flags);
  const intents = new Set(flagged.map((vote) => vote.intent));
  const hit = new Set(flagged);
  const rest = votes.filter((vote) => !hit.has(vote) && intents.has(vote.intent));
  return { flagged, rest, p_worse: probabilityWorse(posterior(flagged), posterior(rest)) };
}

/** Enough dislike: who liked what a rule flags is nobody who speaks for it. */
export function enough({ flagged }: Flagging): boolean {
  const against = flagged.filter(isDisliked);
  return textsOf(against) >= MIN_FLAGGED && ratersOf(against) >= MIN_RATERS;
}

/**
 * Whether answers that a rule was not found in say the same of it. Of `trials` rules one may pass by accident with the
 * probability that one alone may (Bonferroni).
 */
export const holdsOut = ({ flagged, p_worse }: Flagging, trials = 1): boolean =>
  textsOf(flagged.filter(isDisliked)) >= MIN_HELD_OUT && p_worse >= 1 - (1 - HELD_OUT_FROM) / trials;
