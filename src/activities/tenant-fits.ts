import { Context } from '@temporalio/activity';
import type { OpenDatabase } from '../db/client.ts';
import { createSnapshot, readSnapshot, type SnapshotRow } from '../db/snapshots.ts';
import type { Learner } from '../learner/learner.ts';
import type { ProposeQuestion } from '../learner/questions.ts';
import { SHARED_FOR_MS } from '../learner/snapshot-fits.ts';
import type { Proposals } from '../learning/types.ts';

/** A snapshot, and what its fit proposes; the learner's thread holds the fit. */
interface SnapshotFit {
  readonly snapshot: SnapshotRow;
  /** Ends with the activity that asks. */
  readonly propose: (input: Omit<ProposeQuestion, 'snapshot'>) => Promise<Proposals>;
}

export interface TenantFits {
  /** A snapshot that holds the twin's ledger up to `toSeq` and its spec `version`, and its fit. */
  covering(tenantId: string, twinId: string, toSeq: number, version: string): Promise<SnapshotFit>;
  /** The fit of a named snapshot: the same votes as then, whatever came in meanwhile. */
  of(snapshotId: string): Promise<SnapshotFit>;
}

/** One snapshot serves every run of a tenant that it covers, for ten minutes: 500 due twins are one fit. */
export function createTenantFits({ db }: OpenDatabase, learner: Learner): TenantFits {
  const newest = new Map<string, Promise<SnapshotRow>>();

  const fitOf = (snapshot: SnapshotRow): SnapshotFit => ({
    snapshot,
    propose: (input) => learner.ask('propose', { snapshot, ...input }, Context.current().cancellationSignal),
  });

  /** Keeps the newest snapshot of a tenant until it is too old to be shared; a failed one is forgotten at once. */
  function create(tenantId: string): Promise<SnapshotRow> {
    const snapshot = createSnapshot(db, tenantId);
    const forget = () => newest.get(tenantId) === snapshot && newest.delete(tenantId);
    newest.set(tenantId, snapshot);
    snapshot.catch(forget);
    setTimeout(forget, SHARED_FOR_MS).unref();
    return snapshot;
  }

  return {
    async covering(tenantId, twinId, toSeq, version) {
      // One that failed for another run is that run's affair.
      const known = await newest.get(tenantId)?.catch(() => undefined);
      const covers = (known?.seqs[twinId] ?? 0) >= toSeq && known?.versions[twinId] === version;
      return fitOf(known !== undefined && covers ? known : await create(tenantId));
    },

    of: async (snapshotId) => fitOf(await readSnapshot(db, snapshotId)),
  };
}
