import type { Reader } from '../db/client.ts';
import { readTwinCases } from '../db/gate-data.ts';
import { readSnapshotTexts, type SnapshotContent } from '../db/snapshots.ts';
import { HORIZON_DAYS } from '../learning/canonical.ts';
import type { ProposeInput } from '../learning/learn.ts';

/** What rules are learned from; learn and gate read it alike, so that the gate's re-run proposes the same. */
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
