import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase } from '../db/client.ts';
import { standingKeysOf } from '../db/ledger.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { sha256 } from '../learning/canonical.ts';
import { retractKeys } from './retract-keys.ts';

/** What audit rows call a rater, until it is erased. */
export const raterHash = (raterId: string): string => sha256(raterId);

/** What taking a rater's votes back changed in the ledger. */
export interface RaterRemoval {
  readonly retracted: number;
  /** Of the twin, afterwards. */
  readonly pending_events: number;
}

/**
 * Takes back every vote of a rater that stands in a twin, in one transaction: the next run learns as if they had never
 * been cast. Saying it twice is fine. Undefined when the tenant has no such twin.
 */
export async function removeRater(
  { db }: OpenDatabase,
  twin: TwinRef,
  raterId: string,
  actor: string,
): Promise<RaterRemoval | undefined> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, twin);
    if (locked === undefined) return undefined;
    const removal = await retractKeys(tx, locked, await standingKeysOf(tx, twin.id, raterId));
    if (removal.retracted > 0) {
      const detail = { rater: raterHash(raterId), retracted: removal.retracted };
      await writeAudit(tx, { tenant_id: twin.tenant_id, twin_id: twin.id, actor, action: 'rater.remove', detail });
    }
    return removal;
  });
}
