import type { Reader } from '../db/client.ts';
import { readTwinCases } from '../db/gate-data.ts';
import { readSnapshotTexts, type SnapshotContent } from '../db/snapshots.ts';
import { HORIZON_DAYS } from '../learning/canonical.ts';
import type { ProposeInput } from '../learning/learn.ts';

/** What rules are learned from: whoever proposes from a snapshot reads it here, so that all propose the same. */
export async function readRuleEvidence(
  db: Reader,
  snapshot: SnapshotContent,
  twinId: string,
): Promise<Required<Pick<ProposeInput, 'rules'>>> {
  const [votes, cases] = await Promise.all([
    readSnapshotTexts(db, snapshot, twinId, HORIZON_DAYS),
    readTwinCases(db, twinId),
  ]);
  return { rules: { votes, cases } };
}
