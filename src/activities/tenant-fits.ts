import type { OpenDatabase } from '../db/client.ts';
import {
  createSnapshot,
  readSnapshot,
  readSnapshotEvents,
  readSnapshotSpecs,
  type SnapshotRow,
} from '../db/snapshots.ts';
import { HORIZON_DAYS } from '../learning/canonical.ts';
import { fitTenant, type TenantFit } from '../learning/fit.ts';
import { moduleHash } from '../persona/hash.ts';

/** One snapshot and one fit serve every run of a tenant that they cover, for this long: 500 due twins are one fit. */
const SHARED_FOR_MS = 10 * 60_000;

interface SnapshotFit {
  readonly snapshot: SnapshotRow;
  readonly fit: TenantFit;
}

export interface TenantFits {
  /** A snapshot that holds the twin's ledger up to `toSeq` and its spec `version`, and its fit. */
  covering(tenantId: string, twinId: string, toSeq: number, version: string): Promise<SnapshotFit>;
  /** The fit of a named snapshot: the same votes as then, whatever came in meanwhile. */
  of(snapshotId: string): Promise<SnapshotFit>;
}

export function createTenantFits({ db }: OpenDatabase): TenantFits {
  const newest = new Map<string, Promise<SnapshotFit>>();

  async function fit(snapshot: SnapshotRow): Promise<SnapshotFit> {
    const [events, specs] = await Promise.all([
      readSnapshotEvents(db, snapshot, HORIZON_DAYS),
      readSnapshotSpecs(db, snapshot),
    ]);
    const published = new Map(
      [...specs].map(([twin, spec]) => [twin, spec.procedural_modules.map((m) => ({ id: m.id, hash: moduleHash(m) }))]),
    );
    return { snapshot, fit: fitTenant(events, { as_of: snapshot.as_of.getTime(), published }) };
  }

  /** Keeps the newest fit of a tenant until it is too old to be shared; a failed one is forgotten at once. */
  function keep(tenantId: string, work: Promise<SnapshotFit>): Promise<SnapshotFit> {
    const forget = () => newest.get(tenantId) === work && newest.delete(tenantId);
    newest.set(tenantId, work);
    work.catch(forget);
    setTimeout(forget, SHARED_FOR_MS).unref();
    return work;
  }

  return {
    async covering(tenantId, twinId, toSeq, version) {
      const known = await newest.get(tenantId)?.catch(() => undefined);
      if (known !== undefined) {
        const { seqs, versions } = known.snapshot;
        if ((seqs[twinId] ?? 0) >= toSeq && versions[twinId] === version) return known;
      }
      return keep(tenantId, createSnapshot(db, tenantId).then(fit));
    },

    async of(snapshotId) {
      const snapshot = await readSnapshot(db, snapshotId);
      // A fit that failed for another run is that run's affair.
      const known = await newest.get(snapshot.tenant_id)?.catch(() => undefined);
      if (known?.snapshot.id === snapshotId) return known;
      return keep(snapshot.tenant_id, fit(snapshot));
    },
  };
}
