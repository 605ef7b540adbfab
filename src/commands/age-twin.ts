import { deleteVotes, eraseTexts, readAgedRange, readCutoffs, updateAges, type Retention } from '../db/ages.ts';
import type { OpenDatabase, Transaction } from '../db/client.ts';
import { countPending } from '../db/ledger.ts';
import { lockTwin, updateTwinState, type TwinStateRow } from '../db/twin-lock.ts';

export interface AgedRows {
  /** Votes whose texts were erased. */
  readonly texts: number;
  /** Votes that were deleted. */
  readonly votes: number;
  /** More is of age: the batch was full. */
  readonly more: boolean;
}

const NOTHING: AgedRows = { texts: 0, votes: 0, more: false };

/**
 * Erases and deletes a batch of what is of age in a twin's ledger, under its lock. Nothing while a job of it is open: the
 * job reads the texts more than once, and gives the watermark back when it fails. Never a vote that no run has taken.
 */
export async function ageTwin({ db }: OpenDatabase, twinId: string, retention: Retention): Promise<AgedRows> {
  return db.transaction(async (tx) => {
    const locked = await lockTwin(tx, twinId);
    if (locked === undefined || locked.state.open_job_id !== null) return NOTHING;
    return ageLocked(tx, locked.state, retention);
  });
}

async function ageLocked(tx: Transaction, state: TwinStateRow, retention: Retention): Promise<AgedRows> {
  const { twin_id, last_seq, claimed_seq, texts_erased_seq, votes_deleted_seq } = state;
  const cutoffs = await readCutoffs(tx, state, retention);

  const erase = { from: texts_erased_seq, upTo: last_seq, cutoff: cutoffs.texts };
  const old = await readAgedRange(tx, state, erase);
  const texts = await eraseTexts(tx, twin_id, erase.from, old.to);

  const remove = { from: votes_deleted_seq, upTo: Math.min(claimed_seq, old.to), cutoff: cutoffs.votes };
  const older = await readAgedRange(tx, state, remove);
  const votes = await deleteVotes(tx, twin_id, remove.from, older.to);
  // Where both end at the same row, the first that keeps its texts is the first that is kept.
  const oldestVote = older.oldest ?? (older.to === old.to ? old.oldest : null);

  await updateAges(tx, twin_id, {
    texts_erased_seq: old.to,
    votes_deleted_seq: older.to,
    oldest_text_at: old.oldest,
    oldest_vote_at: oldestVote,
  });
  // What a pending row had replaced may be among them, and then it takes nothing out of evidence any more.
  if (votes > 0 && claimed_seq < last_seq) await updateTwinState(tx, twin_id, await countPending(tx, twin_id));
  return { texts, votes, more: old.oldest === null || (oldestVote === null && older.to < claimed_seq) };
}
