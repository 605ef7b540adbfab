import { readTenantEvidence } from '../commands/tenant-evidence.ts';
import type { Reader } from '../db/client.ts';
import type { SnapshotRow } from '../db/snapshots.ts';
import { fitTenant, type TenantFit } from '../learning/fit.ts';

/** A snapshot serves every run that it covers for this long: 500 due twins are one fit. */
export const SHARED_FOR_MS = 10 * 60_000;
/** Fits are kept while their ledger rows are no more than this together; the newest always is. */
const MAX_ROWS = 200_000;
/** What a fit costs however few its rows are, in rows. */
const ROWS_A_FIT = 1_000;

/** Gives the fit of a snapshot, made at its first use and then shared; the one used longest ago goes first. */
export function createSnapshotFits(
  db: Reader,
  { maxRows = MAX_ROWS, keepMs = SHARED_FOR_MS } = {},
): (snapshot: SnapshotRow) => Promise<TenantFit> {
  /** In the order of their use. A timer that is left behind would hold on to what it was set for: it goes with its fit. */
  const kept = new Map<string, { readonly fit: TenantFit; readonly timer: NodeJS.Timeout }>();

  function drop(id: string): void {
    clearTimeout(kept.get(id)?.timer);
    kept.delete(id);
  }

  /** Drops what was used longest ago until so many rows more have room. */
  function makeRoom(more: number): void {
    let rows = more + ROWS_A_FIT;
    for (const [id, { fit }] of [...kept].reverse()) {
      rows += fit.events.length + ROWS_A_FIT;
      if (rows > maxRows) drop(id);
    }
  }

  return async (snapshot) => {
    const known = kept.get(snapshot.id);
    if (known !== undefined) {
      kept.delete(snapshot.id);
      kept.set(snapshot.id, known);
      return known.fit;
    }
    // Before it is made: the fit of the same ledgers that it takes the place of need not be in memory beside it.
    makeRoom(Object.values(snapshot.seqs).reduce((sum, rows) => sum + rows, 0));
    const { events, options } = await readTenantEvidence(db, snapshot);
    const fit = fitTenant(events, options);
    kept.set(snapshot.id, { fit, timer: setTimeout(() => drop(snapshot.id), keepMs).unref() });
    return fit;
  };
}
