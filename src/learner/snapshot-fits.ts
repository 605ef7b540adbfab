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
  /** In the order of their use. */
  const kept = new Map<string, TenantFit>();

  function keep(id: string, fit: TenantFit): void {
    kept.delete(id);
    kept.set(id, fit);
    let rows = 0;
    for (const [other, { events }] of [...kept].reverse()) {
      rows += events.length + ROWS_A_FIT;
      if (rows > maxRows && other !== id) kept.delete(other);
    }
  }

  return async (snapshot) => {
    const known = kept.get(snapshot.id);
    if (known !== undefined) {
      keep(snapshot.id, known);
      return known;
    }
    const { events, options } = await readTenantEvidence(db, snapshot);
    const fit = fitTenant(events, options);
    keep(snapshot.id, fit);
    setTimeout(() => kept.get(snapshot.id) === fit && kept.delete(snapshot.id), keepMs).unref();
    return fit;
  };
}
