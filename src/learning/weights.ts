import type { Ledger } from './ledger.ts';

/** Share of a rater's votes beyond the first that is discounted; no rater weighs more than 1 / RHO votes in a twin. */
export const RHO = 0.2;
const HALF_LIFE_DAYS = 30;
/** A quiet twin forgets more slowly: it would otherwise never have evidence. */
const QUIET_HALF_LIFE_DAYS = 90;
const QUIET_BELOW_VOTES = 30;
const MONTH_DAYS = 30;
const NOBODY = -1;

const isRecent = (age: number): boolean => age <= MONTH_DAYS;
const isQuiet = (recentVotes: number): boolean => recentVotes < QUIET_BELOW_VOTES;

/** Half-life in days: 90 for a twin with under 30 votes in the 30 days before `as_of`, else 30. */
function halfLife(ledger: Ledger, from: number, to: number, without: number): number {
  let recent = 0;
  for (let i = from; i < to; i++) if (isRecent(ledger.age[i]!) && ledger.rater[i] !== without) recent++;
  return isQuiet(recent) ? QUIET_HALF_LIFE_DAYS : HALF_LIFE_DAYS;
}

/** The raters without whom some twin would be a quiet one. */
export function halfLifeDeciders(ledger: Ledger): Set<number> {
  const deciders = new Set<number>();
  for (let twin = 0; twin < ledger.twins.length; twin++) {
    const votes = new Map<number, number>();
    let recent = 0;
    for (let i = ledger.first[twin]!; i < ledger.first[twin + 1]!; i++) {
      if (!isRecent(ledger.age[i]!)) continue;
      votes.set(ledger.rater[i]!, (votes.get(ledger.rater[i]!) ?? 0) + 1);
      recent++;
    }
    if (isQuiet(recent)) continue;
    for (const [rater, own] of votes) if (isQuiet(recent - own)) deciders.add(rater);
  }
  return deciders;
}

/**
 * Weight of each vote: d = 2^(-age / half-life); n = sum of d over the votes of its rater in its twin;
 * w = d / (1 + RHO max(0, n - 1)), the design effect of n equally correlated answers (Kish, Survey Sampling, 1965).
 * The votes of rater `without` weigh nothing, as if they had never been cast.
 */
export function voteWeights(ledger: Ledger, without: number = NOBODY): Float64Array {
  const weights = new Float64Array(ledger.votes.length);
  const sums = new Float64Array(ledger.groups);
  for (let twin = 0; twin < ledger.twins.length; twin++) {
    const from = ledger.first[twin]!;
    const to = ledger.first[twin + 1]!;
    const rate = -1 / halfLife(ledger, from, to, without);
    for (let i = from; i < to; i++) {
      if (ledger.rater[i] === without) continue;
      weights[i] = 2 ** (ledger.age[i]! * rate);
      sums[ledger.group[i]!]! += weights[i]!;
    }
  }
  for (let i = 0; i < weights.length; i++) weights[i]! /= 1 + RHO * Math.max(0, sums[ledger.group[i]!]! - 1);
  return weights;
}
