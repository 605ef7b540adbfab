import { randomUUID } from 'node:crypto';
import type { Reader, Transaction } from '../db/client.ts';
import { insertLedgerRows, readKeys, readRows, type KeyState } from '../db/ledger.ts';
import { updateTwinState, type LockedTwin, type TwinStateRow } from '../db/twin-lock.ts';
import { foldRow } from './fold-votes.ts';
import { bodyHash } from './vote-key.ts';

const TAKEN_BACK = { score: 0, reason: null, comment: null, query: null, answer: null } as const;

/** Votes that retracting would end, and what the twin's pending count would be then. Writes nothing. */
export interface RetractionPlan {
  readonly standing: readonly KeyState[];
  readonly pending_events: number;
}

export async function planRetraction(
  db: Reader,
  state: TwinStateRow,
  voteKeys: readonly string[],
): Promise<RetractionPlan> {
  const keys = await readKeys(
    db,
    voteKeys.map((vote_key) => ({ twin_id: state.twin_id, vote_key })),
  );
  const standing = [...keys.values()].filter((key) => key.score !== 0).sort((a, b) => a.seq - b.seq);
  const delta = standing.reduce((sum, before, index) => {
    // Its name is not part of what a row does to the count.
    const row = { ...before, ...TAKEN_BACK, seq: state.last_seq + index + 1, live: false };
    return sum + foldRow(before, row, state.claimed_seq).delta;
  }, 0);
  return { standing, pending_events: state.pending_events + delta };
}

/** Takes back what stands under these keys, under the twin's lock: a ledger row for each that names the vote it ends. */
export async function retractKeys(
  tx: Transaction,
  { state, now }: LockedTwin,
  voteKeys: readonly string[],
): Promise<{ readonly retracted: number; readonly pending_events: number }> {
  const { standing, pending_events } = await planRetraction(tx, state, voteKeys);
  const retracted = standing.length;
  if (retracted === 0) return { retracted, pending_events };
  const votes = await readRows(
    tx,
    state.twin_id,
    standing.map(({ seq }) => seq),
  );
  const rows = votes.map(({ created_at: _created, ...vote }, index) => {
    const event_id = `retraction:${randomUUID()}`;
    return {
      ...vote,
      ...TAKEN_BACK,
      event_id,
      seq: state.last_seq + index + 1,
      event_type: 'retraction' as const,
      replaces_seq: vote.seq,
      body_hash: bodyHash({ ...vote, ...TAKEN_BACK, event_id, conversation_id: null, occurred_at: null }),
      occurred_at: now,
    };
  });
  await insertLedgerRows(tx, rows);
  await updateTwinState(tx, state.twin_id, {
    last_seq: state.last_seq + retracted,
    pending_events,
    oldest_pending_at: pending_events === 0 ? null : (state.oldest_pending_at ?? now),
  });
  return { retracted, pending_events };
}
