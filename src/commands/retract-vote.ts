import { randomUUID } from 'node:crypto';
import type { OpenDatabase } from '../db/client.ts';
import { insertLedgerRows, readKeys, readRow } from '../db/ledger.ts';
import { lockTwin, updateTwinState } from '../db/twin-lock.ts';
import { foldRow } from './fold-votes.ts';
import { bodyHash, voteKey } from './vote-key.ts';

export interface Retraction {
  readonly tenant_id: string;
  readonly twin_id: string;
  readonly trace_id: string;
  readonly message_id: string;
  readonly rater_id: string | null;
}

/** Takes a vote back by a ledger row that names it. `none` when no vote of that key stands: saying it twice is fine. */
export async function retractVote(
  { db }: OpenDatabase,
  retraction: Retraction,
): Promise<'retracted' | 'none' | 'unknown_twin'> {
  return db.transaction(async (tx) => {
    const locked = await lockTwin(tx, retraction.twin_id);
    if (locked === undefined || locked.state.tenant_id !== retraction.tenant_id) return 'unknown_twin';
    const { state, now } = locked;
    const key = { twin_id: retraction.twin_id, vote_key: voteKey({ ...retraction, event_id: null }) };
    const [before] = (await readKeys(tx, [key])).values();
    if (before === undefined || before.score === 0) return 'none';
    const old = await readRow(tx, retraction.twin_id, before.seq);
    const said = { score: 0, reason: null, comment: null, query: null, answer: null } as const;
    const event_id = `retraction:${randomUUID()}`;
    const seq = state.last_seq + 1;
    const fold = foldRow(before, { ...before, ...said, event_id, seq, live: false }, state.claimed_seq);
    const { id: _id, created_at: _created, ...kept } = old;
    await insertLedgerRows(tx, [
      {
        ...kept,
        ...said,
        event_id,
        seq,
        event_type: 'retraction',
        replaces_seq: before.seq,
        body_hash: bodyHash({ ...retraction, ...said, event_id, conversation_id: null, occurred_at: null }),
        occurred_at: now,
      },
    ]);
    const pending_events = state.pending_events + fold.delta;
    await updateTwinState(tx, retraction.twin_id, {
      last_seq: seq,
      pending_events,
      oldest_pending_at: pending_events === 0 ? null : (state.oldest_pending_at ?? now),
    });
    return 'retracted';
  });
}
