import type { NewVote } from '../../commands/vote.ts';
import type { OpenDatabase } from '../../db/client.ts';
import type { Caller } from '../../db/keys.ts';
import { readTwinsOfTraces } from '../../db/prompts.ts';
import { OWNER_CONTEXTS, type InteractionContext } from '../../db/vocabulary.ts';
import { toIntent } from '../../persona/intents.ts';
import { ApiProblem } from '../http/problems.ts';
import type { Vote } from '../schemas/feedback.ts';

/** A vote as it came in, checked field by field, and who sent it. */
export interface Ballot {
  readonly caller: Caller;
  readonly trace_id: string;
  readonly vote: Vote;
}

export const isOwnerContext = (context: InteractionContext): boolean => OWNER_CONTEXTS.some((own) => own === context);

/** What the sender claims and may not; undefined when there is nothing. */
function overclaim({ caller, vote }: Ballot): ApiProblem | undefined {
  if (caller.role === 'owner') return undefined;
  const { interaction_context: context, source } = vote;
  if (context && isOwnerContext(context)) {
    return new ApiProblem('forbidden', `Only owner keys may claim the context ${context}.`);
  }
  if (source && source !== 'feedback') {
    return new ApiProblem('forbidden', `Only owner keys may send votes with the source ${source}.`);
  }
  return undefined;
}

function claim({ caller, trace_id, vote }: Ballot, twin_id: string): NewVote {
  const context =
    vote.interaction_context ?? (caller.role === 'owner' ? ('owner_chat' as const) : ('public_widget' as const));
  return {
    tenant_id: caller.tenant_id,
    twin_id,
    trace_id,
    message_id: vote.message_id ?? '',
    rater_id: vote.rater_id ?? null,
    event_id: vote.event_id ?? null,
    score: vote.score,
    reason: vote.reason ?? null,
    // An empty text is no text: it must not make a repeated thumb look like another vote.
    comment: vote.comment || null,
    query: vote.query || null,
    answer: vote.answer || null,
    conversation_id: vote.conversation_id || null,
    intent_label: toIntent(vote.intent_label),
    interaction_context: context,
    channel: isOwnerContext(context) ? 'owner' : 'public',
    spec_version: vote.spec_version || null,
    modules: [...new Set(vote.module_ids ?? [])].map((id) => ({ id, hash: '' })),
    occurred_at: vote.occurred_at ?? null,
    source: vote.source ?? 'feedback',
  };
}

/** Each ballot as a vote that can be recorded, or the problem with it, in the order given. One query at most. */
export async function resolveVotes(
  { db }: OpenDatabase,
  ballots: readonly Ballot[],
): Promise<(NewVote | ApiProblem)[]> {
  const unnamed = ballots.filter(({ vote }) => !vote.twin_id);
  const found = await readTwinsOfTraces(
    db,
    unnamed.map(({ caller, trace_id }) => ({ tenant_id: caller.tenant_id, trace_id })),
  );
  const twinOf = new Map(unnamed.map((ballot, index) => [ballot, found[index]]));
  return ballots.map((ballot) => {
    const twinId = ballot.vote.twin_id ?? twinOf.get(ballot);
    if (twinId === undefined) {
      const detail = `No prompt was recorded under the trace ${ballot.trace_id}: name the twin in twin_id.`;
      return new ApiProblem('not-found', detail);
    }
    return overclaim(ballot) ?? claim(ballot, twinId);
  });
}
