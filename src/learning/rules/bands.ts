import { INTENTS, type Intent } from '../../persona/intents.ts';
import type { Operation } from '../../persona/operation.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { type RatedVote, rounded } from './counted-votes.ts';
import { flaggingProposal, orElse, type RuleProposal } from './proposal.ts';
import {
  enough,
  flagWith,
  type Flagging,
  HELD_OUT_FROM,
  holdsOut,
  isDisliked,
  MINED_FROM,
  type Split,
} from './worse.ts';

export type Side = 'min_words' | 'max_words';

/** Shares of the liked answers that a band may leave outside on one side, the tightest band first. */
const OUTSIDE = [0.05, 0.02, 0];
/** Fewer liked answers have no quantile to speak of. */
const MIN_LIKED = 20;

interface Band {
  readonly min_words: number;
  readonly max_words: number;
}

interface BandInForce {
  readonly band: Band;
  /** The intent has a band of its own; else it is the default one's. */
  readonly own: boolean;
}

function bandInForce({ deterministic_rules: { length_bands } }: PersonaSpec, intent: Intent): BandInForce | null {
  const entry = (name: string) => (Object.hasOwn(length_bands, name) ? length_bands[name] : undefined);
  const own = entry(intent);
  const band = own ?? entry('default');
  return band === undefined ? null : { band, own: own !== undefined };
}

/** Tighter limits than the one in force, at quantiles of the liked answers, the tightest first. */
function limits(liked: readonly RatedVote[], side: Side, now: number): number[] {
  if (liked.length < MIN_LIKED) return [];
  const lengths = liked.map((vote) => vote.words).toSorted((a, b) => (side === 'min_words' ? a - b : b - a));
  const at = OUTSIDE.map((share) => lengths[Math.floor(share * lengths.length)]!);
  return [...new Set(at)].filter((limit) => (side === 'min_words' ? limit > now : limit < now && limit > 0));
}

/** The change of one side of an intent's band; an intent without a band of its own gets the default one's other side. */
function bandOperation(intent: Intent, side: Side, to: number, { band, own }: BandInForce): Operation {
  const path = ['deterministic_rules', 'length_bands', intent];
  if (own) return { op: 'set', path: formatPointer([...path, side]), from: band[side], to };
  return { op: 'add', path: formatPointer(path), to: { ...band, [side]: to } };
}

/** Which answers a limit newly flags: those that the band in force lets pass on that side. */
const newlyFlags = (side: Side, now: number, limit: number) => (vote: RatedVote) =>
  side === 'min_words' ? vote.words < limit && vote.words >= now : vote.words > limit && vote.words <= now;

type Judge = (
  flags: (vote: RatedVote) => boolean,
) => { readonly all: Flagging; readonly value: number; readonly held_out?: number } | null;

/** The tightest limit that the answers bear out, with the looser ones to fall back to. */
function tightest(
  spec: PersonaSpec,
  intent: Intent,
  side: Side,
  liked: readonly RatedVote[],
  judge: Judge,
): RuleProposal | null {
  const found = bandInForce(spec, intent);
  if (found === null) return null;
  const now = found.band[side];
  const proposals = limits(liked, side, now).flatMap((limit): RuleProposal[] => {
    const verdict = judge(newlyFlags(side, now, limit));
    if (verdict === null) return [];
    const { all, value, held_out } = verdict;
    const about = { statistic: 'p_worse', value: rounded(value), ...(held_out === undefined ? {} : { held_out }) };
    return [flaggingProposal(bandOperation(intent, side, limit, found), all, about)];
  });
  return proposals.reduceRight<RuleProposal | null>((looser, tighter) => orElse(tighter, looser), null);
}

const ofIntent = (votes: readonly RatedVote[], intent: Intent) => votes.filter((vote) => vote.intent === intent);
const liked = (votes: readonly RatedVote[]) => votes.filter((vote) => !isDisliked(vote));

export interface MinedBand {
  readonly intent: Intent;
  readonly side: Side;
  readonly proposal: RuleProposal;
}

/**
 * Limits of length found in the older answers alone: what they flag there is worse with P >= .95, and among the newest,
 * which had no say, with P >= .90.
 */
export function minedBands(spec: PersonaSpec, rated: readonly RatedVote[], { mined, heldOut }: Split): MinedBand[] {
  return INTENTS.flatMap((intent) =>
    (['min_words', 'max_words'] as const).flatMap((side): MinedBand[] => {
      const [inMined, inHeldOut] = [ofIntent(mined, intent), ofIntent(heldOut, intent)];
      const proposal = tightest(spec, intent, side, liked(inMined), (flags) => {
        const found = flagWith(inMined, flags);
        const tried = flagWith(inHeldOut, flags);
        if (!enough(found) || found.p_worse < MINED_FROM || !holdsOut(tried)) return null;
        return {
          all: flagWith(ofIntent(rated, intent), flags),
          value: found.p_worse,
          held_out: rounded(tried.p_worse),
        };
      });
      return proposal === null ? [] : [{ intent, side, proposal }];
    }),
  );
}

/** The limit that people who complain of the length ask for: the complaint chose the side, so P >= .90 on all is enough. */
export function complainedBand(
  spec: PersonaSpec,
  rated: readonly RatedVote[],
  intent: Intent,
  side: Side,
): RuleProposal | null {
  const votes = ofIntent(rated, intent);
  return tightest(spec, intent, side, liked(votes), (flags) => {
    const all = flagWith(votes, flags);
    return enough(all) && all.p_worse >= HELD_OUT_FROM ? { all, value: all.p_worse } : null;
  });
}
