import type { Evidence, Operation } from '../../persona/operation.ts';
import { type CountedVote, rounded, votesBehind } from './counted-votes.ts';
import { type Flagging, isDisliked } from './worse.ts';

/** A rule that the evidence speaks for, before vetoes, the gate's checks and the budget. */
export interface RuleProposal {
  readonly operation: Operation & { readonly evidence: Evidence & ReturnType<typeof votesBehind> };
  /** Why it is the owner's to make, never automatic. */
  readonly ownerOnly?: true;
  /** Other places of the same rule: a veto on any of them counts. */
  readonly sameAs?: readonly Operation[];
  /** What to do where the gate would not pass this. */
  readonly otherwise?: RuleProposal;
}

/** The proposal with one more to fall back to, after those that it has. */
export function orElse(proposal: RuleProposal, last: RuleProposal | null): RuleProposal {
  if (last === null) return proposal;
  const { otherwise } = proposal;
  return { ...proposal, otherwise: otherwise === undefined ? last : orElse(otherwise, last) };
}

type Change = Pick<Operation, 'op' | 'path' | 'from' | 'to'>;

/** A proposal whose evidence is what it flags among recorded answers. */
export function flaggingProposal(change: Change, all: Flagging, about: Evidence): RuleProposal {
  const { flagged, rest } = all;
  const disliked = flagged.filter(isDisliked).length;
  return {
    operation: {
      ...change,
      evidence: {
        ...about,
        flagged_disliked: disliked,
        disliked: disliked + rest.filter(isDisliked).length,
        flagged_liked: flagged.length - disliked,
        liked: flagged.length - disliked + rest.length - rest.filter(isDisliked).length,
        ...votesBehind(flagged),
      },
    },
  };
}

/** A proposal whose evidence is what people complain of, as a share of an intent's thumbs down. */
export function complaintProposal(
  change: Change,
  complaint: string,
  complaining: readonly CountedVote[],
  disliked: number,
): RuleProposal {
  const value = rounded(complaining.length / disliked);
  const about = { statistic: 'complaint_share', value, complaint, disliked };
  return { operation: { ...change, evidence: { ...about, ...votesBehind(complaining) } } };
}
