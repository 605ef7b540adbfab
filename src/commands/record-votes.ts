import { randomUUID } from 'node:crypto';
import type { OpenDatabase } from '../db/client.ts';
import { insertLedgerRows, readEventIds, readKeys } from '../db/ledger.ts';
import { pipelined } from '../db/pipeline.ts';
import { runAgain } from '../db/run-again.ts';
import { lockTwins, updateVoteCounts } from '../db/twin-lock.ts';
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
  { sql }: OpenDatabase,
  votes: readonly NewVote[],
  defaults: LearningDefaults,
  learn: Learn = 'now',
): Promise<VoteResult[]> {
  // Fixed before the transaction, so that running it again stores the same rows.
  const named = votes.map((vote): NamedVote => {
    const event_id = vote.event_id ?? randomUUID();
    const vote_key = vote.source === 'persona_audit' ? judgeKey(vote, event_id) : voteKey(vote);
    return { vote, twin_id: vote.twin_id, event_id, vote_key, body_hash: bodyHash(vote) };
  });
  const twinIds = [...new Set(votes.map((vote) => vote.twin_id))];
  return runAgain((again) =>
    pipelined(sql, async (tx) => {
      // Sent together, run in this order: what is read was committed before the lock was had.
      const [locked, eventIds, keys] = await Promise.all([
        lockTwins(tx, twinIds),
        readEventIds(tx, named),
        readKeys(tx, named),
      ]);
      const { results, rows, counts } = takeInVotes(named, { locked, eventIds, keys, defaults, learn, again });
      return { value: results, writes: [insertLedgerRows(tx, rows), updateVoteCounts(tx, counts)] };
    }),
  );
}
