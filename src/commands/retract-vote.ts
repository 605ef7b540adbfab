import type { OpenDatabase } from '../db/client.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import { retractKeys } from './retract-keys.ts';
import { voteKey } from './vote-key.ts';

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
    const locked = await lockOwnTwin(tx, { id: retraction.twin_id, tenant_id: retraction.tenant_id });
    if (locked === undefined) return 'unknown_twin';
    const { retracted } = await retractKeys(tx, locked, [voteKey({ ...retraction, event_id: null })]);
    return retracted === 0 ? 'none' : 'retracted';
  });
}
