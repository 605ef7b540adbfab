/** Fewer votes on the old version than this give no mean to compare with: nothing is rolled back automatically. */
const MIN_OLD_VOTES = 50;
/** Roll back from this evidence on: false alarms have probability 1/20 at most, however often one looks. */
const ROLL_BACK_FROM = 20;
const MIN_DOWN_RATERS = 3;
/** Kept after so many votes, unless the evidence leans against it by then; in any case after twice as many. */
const KEEP_AFTER_VOTES = 300;
/** With 300 alone, .70 -> .50 would be found in 71 % of simulations with 100 old votes; with these in over 80 %. */
const LAST_VOTE = 2 * KEEP_AFTER_VOTES;
export const PROBATION_DAYS = 14;

const VOTES_A_RATER = 5;
/** A loss of this much in the share of thumbs up is tolerated. */
const TOLERANCE = 0.05;
/** Keeps every factor at a half at least: a bet never loses more than half of what it has. */
const MAX_BET = 0.5 / (1 + TOLERANCE);
/** The bet starts as after this many observations of mean 0 and of the largest variance that a thumb has. */
const PSEUDO_OBSERVATIONS = 4;
const PSEUDO_SQUARE = 0.25;

/** A standing vote on one of the two versions, in the order of arrival. */
export interface ProbationVote {
  /** Null is anonymous: all of them are one rater, who does not count among those who disliked. */
  readonly rater_id: string | null;
  readonly good: boolean;
  /** The day it was cast, such as 2026-01-31 (UTC). */
  readonly day: string;
}

export interface ProbationFigures {
  /** Votes on the new version that count. */
  readonly votes: number;
  /** Their share of thumbs up; null without any. */
  readonly mean: number | null;
  readonly old_votes: number;
  readonly old_mean: number | null;
  /** The old mean lowered by its standard error: what the new version is compared with; null with too few votes. */
  readonly compared_with: number | null;
  /** The evidence against the new version: the largest e-value so far; null where nothing is compared. */
  readonly evidence: number | null;
  readonly down_raters: number;
}

export type ProbationOutcome = 'running' | 'kept' | 'undecided' | 'rolled_back';

export interface ProbationVerdict {
  readonly outcome: ProbationOutcome;
  readonly figures: ProbationFigures;
}

/**
 * Judges a version after publishing from the votes on the old and the new one; `over` when its 14 days have passed.
 * A betting e-process (Waudby-Smith and Ramdas, JRSS B 2024), valid at any time: D = thumb - old mean, the wealth
 * is the product of 1 + l (-.05 - D), and l is bet from the past alone.
 */
export function judgeProbation(
  old: readonly ProbationVote[],
  fresh: readonly ProbationVote[],
  over: boolean,
): ProbationVerdict {
  const before = firstOfDay(old, Number.POSITIVE_INFINITY);
  const after = firstOfDay(fresh, VOTES_A_RATER).slice(0, LAST_VOTE);
  const old_mean = shareGood(before);
  const compared_with =
    old_mean === null || before.length < MIN_OLD_VOTES
      ? null
      : old_mean - Math.sqrt((old_mean * (1 - old_mean)) / before.length);
  const trial = bet(after, compared_with);
  const counted = after.slice(0, trial.votes);
  const figures: ProbationFigures = {
    votes: counted.length,
    mean: shareGood(counted),
    old_votes: before.length,
    old_mean,
    compared_with,
    evidence: trial.evidence,
    down_raters: downRaters(counted).size,
  };
  return { outcome: trial.outcome ?? (over ? 'undecided' : 'running'), figures };
}

/** Each rater's first vote a day, and `most` of them a rater. */
function firstOfDay(votes: readonly ProbationVote[], most: number): ProbationVote[] {
  const days = new Map<string | null, Set<string>>();
  return votes.filter(({ rater_id, day }) => {
    const had = days.get(rater_id) ?? new Set();
    days.set(rater_id, had);
    return !had.has(day) && had.size < most && had.add(day) !== undefined;
  });
}

interface Trial {
  /** Undefined while it is open. */
  readonly outcome?: Exclude<ProbationOutcome, 'running'>;
  /** Votes looked at. */
  readonly votes: number;
  readonly evidence: number | null;
}

/** Bets vote by vote until one decides; without a mean to compare with it only counts. */
function bet(votes: readonly ProbationVote[], oldMean: number | null): Trial {
  if (oldMean === null) {
    return votes.length < KEEP_AFTER_VOTES
      ? { votes: votes.length, evidence: null }
      : { outcome: 'undecided', votes: KEEP_AFTER_VOTES, evidence: null };
  }
  let wealth = 1;
  let evidence = 1;
  let sum = 0;
  let squares = PSEUDO_OBSERVATIONS * PSEUDO_SQUARE;
  const raters = new Set<string>();
  for (const [index, { good, rater_id }] of votes.entries()) {
    const gain = -TOLERANCE - ((good ? 1 : 0) - oldMean);
    // mean / (var + mean^2): the second moment, about zero, is their sum.
    const stake = Math.min(Math.max(sum / squares, 0), MAX_BET);
    wealth *= 1 + stake * gain;
    evidence = Math.max(evidence, wealth);
    sum += gain;
    squares += gain * gain;
    if (!good && rater_id !== null) raters.add(rater_id);
    const seen = index + 1;
    if (evidence >= ROLL_BACK_FROM && raters.size >= MIN_DOWN_RATERS) {
      return { outcome: 'rolled_back', votes: seen, evidence };
    }
    if (seen === LAST_VOTE || (seen >= KEEP_AFTER_VOTES && wealth <= 1)) {
      return { outcome: 'kept', votes: seen, evidence };
    }
  }
  return { votes: votes.length, evidence };
}

const shareGood = (votes: readonly ProbationVote[]): number | null =>
  votes.length === 0 ? null : votes.filter(({ good }) => good).length / votes.length;

const downRaters = (votes: readonly ProbationVote[]): Set<string> =>
  new Set(votes.flatMap(({ good, rater_id }) => (good || rater_id === null ? [] : [rater_id])));

const percent = (share: number | null): string => (share === null ? 'none' : `${Math.round(share * 100)} %`);

/** The figures, and what would decide, in a sentence or two for the owner. */
export function describeFigures(figures: ProbationFigures): string {
  const { votes, mean, old_votes, old_mean, evidence, down_raters } = figures;
  const most = votes > KEEP_AFTER_VOTES ? LAST_VOTE : KEEP_AFTER_VOTES;
  const seen = `${votes} of ${most} votes so far, ${percent(mean)} up`;
  if (evidence === null) {
    const short = `only ${old_votes} of the ${MIN_OLD_VOTES} votes needed on the version before`;
    return `${seen}; ${short}, so that it is not rolled back automatically: roll back yourself if it is worse.`;
  }
  return (
    `${seen}, against ${percent(old_mean)} of ${old_votes} before. Evidence that it is worse: ${evidence.toFixed(1)}; ` +
    `rolled back at ${ROLL_BACK_FROM} with ${MIN_DOWN_RATERS} raters among the thumbs down (${down_raters} now).`
  );
}
