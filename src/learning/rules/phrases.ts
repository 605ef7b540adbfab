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

const weightOf = (votes: readonly RatedVote[]) => votes.reduce((sum, vote) => sum + vote.rater_share, 0);

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

/** Whether a phrase is mostly a piece of a longer one, which stands for it, or is immune and keeps it so. */
const isPiece = (phrase: string, holders: readonly RatedVote[], among: Holders): boolean =>
  [...among].some(
    ([longer, held]) =>
      longer.length > phrase.length &&
      held.length >= PIECE_SHARE * holders.length &&
      phraseSpans(longer, phrase).length > 0,
  );

interface Found {
  readonly phrase: string;
  readonly z: number;
}

/** Phrases that the older answers speak against, the strongest first. */
function candidates(spec: PersonaSpec, mined: readonly RatedVote[]): Found[] {
  const disliked = mined.filter(isDisliked);
  const liked = mined.filter((vote) => !isDisliked(vote));
  if (disliked.length === 0 || liked.length === 0) return [];
  const among = frequentPhrases(disliked, MIN_FLAGGED, hedgeRemover(spec));
  const likedHolders = holdersAmong(liked, among);
  const all = { disliked: weightOf(disliked), liked: weightOf(liked) };
  const isImmune = immunity(spec);
  return [...among]
    .flatMap(([phrase, holders]): Found[] => {
      const inLiked = likedHolders.get(phrase) ?? [];
      const raters = new Set(holders.flatMap((vote) => vote.rater_id ?? [])).size;
      if (raters < MIN_RATERS || inLiked.length > MAX_LIKED_SHARE * liked.length || !hasContent(phrase)) return [];
      const z = logOddsZ({ disliked: weightOf(holders), liked: weightOf(inLiked) }, all);
      if (z < MIN_Z || isImmune(phrase) || findInjection(phrase).length > 0 || isPiece(phrase, holders, among))
        return [];
      return [{ phrase, z }];
    })
    .toSorted((a, b) => b.z - a.z || b.phrase.length - a.phrase.length || compareText(a.phrase, b.phrase));
}

/**
 * Bans on phrases that mark disliked answers: found in the older answers, with P >= .95 there and P >= .90 among the
 * newest. One of several that mark mostly the same answers is enough; 10 at most.
 */
export function minedPhrases(
  spec: PersonaSpec,
  rated: readonly RatedVote[],
  { mined, heldOut }: Split,
): RuleProposal[] {
  const proposals: RuleProposal[] = [];
  const covered = new Set<RatedVote>();
  for (const { phrase, z } of candidates(spec, mined)) {
    if (proposals.length === MAX_PHRASES) break;
    const flags = (vote: RatedVote) => phraseSpans(vote.text, phrase).length > 0;
    const found = flagWith(mined, flags);
    if (
      found.p_worse < MINED_FROM ||
      2 * found.flagged.filter((vote) => covered.has(vote)).length > found.flagged.length
    ) {
      continue;
    }
    const tried = flagWith(heldOut, flags);
    if (!holdsOut(tried)) continue;
    for (const vote of found.flagged) covered.add(vote);
    const path = formatPointer(['deterministic_rules', 'banned_phrases', phrase]);
    const about = {
      statistic: 'p_worse',
      value: rounded(found.p_worse),
      held_out: rounded(tried.p_worse),
      z: rounded(z),
    };
    proposals.push(flaggingProposal({ op: 'add', path, to: phrase }, flagWith(rated, flags), about));
  }
  return proposals;
}
