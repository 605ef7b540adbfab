import type { Reader } from '../db/client.ts';
import { readSnapshotEvents, readSnapshotSpecs, type SnapshotContent } from '../db/snapshots.ts';
import { HORIZON_DAYS } from '../learning/canonical.ts';
import type { FitOptions } from '../learning/fit.ts';
import type { LedgerEvent } from '../learning/types.ts';
import { moduleHash } from '../persona/hash.ts';

/** What `fitTenant` takes: the votes and the texts that a snapshot names. */
export interface TenantEvidence {
  readonly events: readonly LedgerEvent[];
  readonly options: FitOptions;
}

export async function readTenantEvidence(db: Reader, snapshot: SnapshotContent): Promise<TenantEvidence> {
  const [events, specs] = await Promise.all([
    readSnapshotEvents(db, snapshot, HORIZON_DAYS),
    readSnapshotSpecs(db, snapshot),
  ]);
  const published = new Map(
    [...specs].map(([twin, spec]) => [twin, spec.procedural_modules.map((m) => ({ id: m.id, hash: moduleHash(m) }))]),
  );
  return { events, options: { as_of: snapshot.as_of.getTime(), published } };
}
