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

export interface SnapshotFit {
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

  /** Keeps the newest fit of a tenant; a failed one is forgotten. */
  function keep(tenantId: string, work: Promise<SnapshotFit>): Promise<SnapshotFit> {
    newest.set(tenantId, work);
    work.catch(() => newest.get(tenantId) === work && newest.delete(tenantId));
    return work;
  }

  return {
    async covering(tenantId, twinId, toSeq, version) {
      const known = newest.get(tenantId);
      if (known !== undefined) {
        const { snapshot } = await known;
        const young = Date.now() - snapshot.as_of.getTime() < SHARED_FOR_MS;
        if (young && (snapshot.seqs[twinId] ?? 0) >= toSeq && snapshot.versions[twinId] === version) return known;
      }
      return keep(tenantId, createSnapshot(db, tenantId).then(fit));
    },

    async of(snapshotId) {
      for (const known of newest.values()) {
        const settled = await known;
        if (settled.snapshot.id === snapshotId) return settled;
      }
      const snapshot = await readSnapshot(db, snapshotId);
      return keep(snapshot.tenant_id, fit(snapshot));
    },
  };
}
