import { findInjection } from '../../gate/injection-patterns.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { phraseSpans } from '../../persona/text.ts';
import { compareText } from '../canonical.ts';
import { type RatedVote, rounded } from './counted-votes.ts';
import { hedgeRemover, immunity } from './hedges.ts';
import { frequentPhrases, type Holders, holdersAmong } from './n-grams.ts';
import { flaggingProposal, type RuleProposal } from './proposal.ts';
import { flagWith, holdsOut, isDisliked, MIN_FLAGGED, MIN_RATERS, MINED_FROM, type Split } from './worse.ts';

const MIN_Z = 2.33;
const MAX_LIKED_SHARE = 0.01;
const MAX_PHRASES = 10;
/** So many of the strongest are looked at more closely. */
const MAX_CANDIDATES = 300;
/** Phrases are looked for in so many words of the newest disliked answers: 2,000 of 150 words, and memory stays small. */
const MAX_MINED_WORDS = 300_000;
/** The prior is worth so many answers that hold a phrase at the common rate. */
const PRIOR_ANSWERS = 50;

/** Words that carry no meaning alone; a phrase of these is grammar, and no ban on it can be followed. */
const FUNCTION_WORDS = new Set(
  (
    'a about after all also am an and any are as at be because been before being both but by can did do does each for from ' +
    'had has have he her here him his how i if in into is it its just me more most my no nor not of on only or other our ' +
    'out over own she so some such than that the their them then there these they this those through to too under up very ' +
    'was we were what when where which while who why will with would you your'
  ).split(' '),
);

const hasContent = (phrase: string) => phrase.split(' ').some((word) => !FUNCTION_WORDS.has(word));

const weightOf = (votes: readonly RatedVote[]) => votes.reduce((sum, vote) => sum + vote.share, 0);

/**
 * z of the log-odds ratio that a disliked answer holds a phrase against a liked one, with an informative Dirichlet prior
 * at the common rate (Monroe, Colaresi and Quinn, Fightin' Words, Political Analysis 2008, equations 16 and 22). Counted
 * in answers, because a phrase said twice in one answer was disliked once.
 */
export function logOddsZ(
  holding: { readonly disliked: number; readonly liked: number },
  all: { readonly disliked: number; readonly liked: number },
): number {
  const common = (holding.disliked + holding.liked) / (all.disliked + all.liked);
  const prior = PRIOR_ANSWERS * common;
  const logOdds = (holds: number, of: number) => Math.log((holds + prior) / (of + PRIOR_ANSWERS - holds - prior));
  const difference = logOdds(holding.disliked, all.disliked) - logOdds(holding.liked, all.liked);
  return difference / Math.sqrt(1 / (holding.disliked + prior) + 1 / (holding.liked + prior));
}

/** Part of the answers with a phrase that a longer one must share for the shorter to be a piece of it. */
const PIECE_SHARE = 0.8;

/** By phrase, the most answers that hold a longer phrase of which it is a piece. */
function longerHolders(among: Holders): Map<string, number> {
  const most = new Map<string, number>();
  for (const [longer, held] of among) {
    const words = longer.split(' ');
    for (let size = 2; size < words.length; size++) {
      for (let at = 0; at + size <= words.length; at++) {
        const piece = words.slice(at, at + size).join(' ');
        most.set(piece, Math.max(held.length, most.get(piece) ?? 0));
      }
    }
  }
  return most;
}

/** The newest of `votes`, which are in order of time, until they hold so many words. */
function newestWithin(votes: readonly RatedVote[], words: number): RatedVote[] {
  const newest: RatedVote[] = [];
  let seen = 0;
  for (const vote of votes.toReversed()) {
    if (seen >= words) break;
    newest.push(vote);
    seen += vote.words;
  }
  return newest;
}

interface Found {
  readonly phrase: string;
  readonly z: number;
}

/** Phrases that the older answers speak against, the strongest first. */
function candidates(spec: PersonaSpec, mined: readonly RatedVote[]): Found[] {
  const disliked = newestWithin(mined.filter(isDisliked), MAX_MINED_WORDS);
  const liked = mined.filter((vote) => !isDisliked(vote));
  if (disliked.length === 0 || liked.length === 0) return [];
  const among = frequentPhrases(disliked, MIN_FLAGGED, hedgeRemover(spec));
  const likedHolders = holdersAmong(liked, among);
  const all = { disliked: weightOf(disliked), liked: weightOf(liked) };
  const isImmune = immunity(spec);
  const pieces = longerHolders(among);
  return [...among]
    .flatMap(([phrase, holders]): Found[] => {
      const inLiked = likedHolders.get(phrase) ?? [];
      const raters = new Set(holders.flatMap((vote) => vote.rater_id ?? [])).size;
      if (raters < MIN_RATERS || inLiked.length > MAX_LIKED_SHARE * liked.length || !hasContent(phrase)) return [];
      const z = logOddsZ({ disliked: weightOf(holders), liked: weightOf(inLiked) }, all);
      // Mostly a piece of a longer one, which stands for it, or is immune and keeps it so.
      const isPiece = (pieces.get(phrase) ?? 0) >= PIECE_SHARE * holders.length;
      if (z < MIN_Z || isPiece || isImmune(phrase) || findInjection(phrase).length > 0) return [];
      return [{ phrase, z }];
    })
    .toSorted((a, b) => b.z - a.z || b.phrase.length - a.phrase.length || compareText(a.phrase, b.phrase));
}

interface Trial extends Found {
  readonly flags: (vote: RatedVote) => boolean;
  readonly value: number;
}

/** The phrases to try: with P >= .95 in the older answers; of several that mark mostly the same ones, the strongest. */
function trials(found: readonly Found[], mined: readonly RatedVote[]): Trial[] {
  const covered = new Set<RatedVote>();
  return found.flatMap(({ phrase, z }): Trial[] => {
    const flags = (vote: RatedVote) => phraseSpans(vote.text, phrase).length > 0;
    const { flagged, p_worse } = flagWith(mined, flags);
    const known = flagged.filter((vote) => covered.has(vote)).length;
    if (p_worse < MINED_FROM || 2 * known > flagged.length) return [];
    for (const vote of flagged) covered.add(vote);
    return [{ phrase, z, flags, value: p_worse }];
  });
}

/**
 * Bans on phrases that mark disliked answers: found in the older answers, and borne out by the newest, where all that
 * are tried share one probability of an accident, .10; 10 at most.
 */
export function minedPhrases(
  spec: PersonaSpec,
  rated: readonly RatedVote[],
  { mined, heldOut }: Split,
): RuleProposal[] {
  const tried = trials(candidates(spec, mined).slice(0, MAX_CANDIDATES), mined);
  return tried
    .flatMap(({ phrase, z, flags, value }): RuleProposal[] => {
      const inHeldOut = flagWith(heldOut, flags);
      if (!holdsOut(inHeldOut, tried.length)) return [];
      const path = formatPointer(['deterministic_rules', 'banned_phrases', phrase]);
      const held_out = rounded(inHeldOut.p_worse);
      const about = { statistic: 'p_worse', value: rounded(value), held_out, z: rounded(z) };
      return [flaggingProposal({ op: 'add', path, to: phrase }, flagWith(rated, flags), about)];
    })
    .slice(0, MAX_PHRASES);
}
