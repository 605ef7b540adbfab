import { randomUUID } from 'node:crypto';
import type { OpenDatabase } from '../db/client.ts';
import { runAgain } from '../db/run-again.ts';
import { openVoteGroup, writeVoteGroup } from '../db/vote-group.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import { takeInVotes, type Learn, type NamedVote } from './take-in-votes.ts';
import { bodyHash, judgeKey, voteKey } from './vote-key.ts';
import type { NewVote, VoteResult } from './vote.ts';

/**
 * Stores votes in one transaction and answers each in the order given: later votes of a group see the earlier ones.
 * `learn: 'later'` is for all but the last batch of an import: the twins begin no unforced run until the last one, or
 * for two minutes; 'unchanged' is for a vote that may come in meanwhile. Throws what Postgres throws; then none is stored.
 */
export async function recordVotes(
  { pipelines }: OpenDatabase,
  votes: readonly NewVote[],
  defaults: LearningDefaults,
  learn: Learn = 'now',
): Promise<VoteResult[]> {
  // Fixed before the transaction, so that running it again stores the same rows.
  const named = votes.map((vote): NamedVote => {
    const event_id = vote.event_id ?? randomUUID();
    const vote_key = vote.source === 'persona_audit' ? judgeKey(vote, event_id) : voteKey(vote);
    const { twin_id, trace_id } = vote;
    return { vote, twin_id, trace_id, event_id, vote_key, body_hash: bodyHash(vote) };
  });
  return runAgain((again) =>
    pipelines.transaction({
      read: (send) => openVoteGroup(send, named),
      write: (group, send) => {
        const { results, rows, counts } = takeInVotes(named, group, { defaults, learn, again });
        return { value: results, writes: writeVoteGroup(send, rows, counts) };
      },
    }),
  );
}
