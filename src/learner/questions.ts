import { gateSpec } from '../commands/gate-spec.ts';
import { previewRaterRemoval } from '../commands/preview-rater-removal.ts';
import { readRuleEvidence } from '../commands/rule-evidence.ts';
import type { OpenDatabase } from '../db/client.ts';
import { readRatedAnswers, readTwinCases } from '../db/gate-data.ts';
import { readVetoesAt, type SnapshotRow } from '../db/snapshots.ts';
import type { SpecRow } from '../db/spec-writes.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { runGate } from '../gate/gate.ts';
import type { GateInput } from '../gate/types.ts';
import { propose, type ProposeInput } from '../learning/learn.ts';
import { createSnapshotFits } from './snapshot-fits.ts';

/** The votes, vetoes and texts are read on the learner's side, at the snapshot's instant. */
export interface ProposeQuestion extends Omit<ProposeInput, 'vetoes' | 'rules'> {
  readonly snapshot: SnapshotRow;
}

/** The cases and the rated answers are read on the learner's side. */
export interface GateQuestion extends Omit<GateInput, 'cases' | 'rated'> {
  readonly tenant_id: string;
  readonly twin_id: string;
}

export type Questions = ReturnType<typeof createQuestions>;

/** What the learner's thread can be asked: whatever computes for longer than an event loop may stand still. */
export function createQuestions(database: OpenDatabase) {
  const { db } = database;
  const fitOf = createSnapshotFits(db);
  return {
    async propose({ snapshot, ...input }: ProposeQuestion) {
      // One after the other, so that the rows of both reads are not in memory at once.
      const fit = await fitOf(snapshot);
      const [vetoes, evidence] = await Promise.all([
        readVetoesAt(db, input.twin_id, snapshot.as_of),
        readRuleEvidence(db, snapshot, input.twin_id),
      ]);
      return propose(fit, { ...input, vetoes, ...evidence });
    },

    async gate({ tenant_id: _tenant, twin_id, ...input }: GateQuestion) {
      const [cases, rated] = await Promise.all([readTwinCases(db, twin_id), readRatedAnswers(db, twin_id)]);
      return runGate({ ...input, cases, rated });
    },

    gateSpec: ({ active, candidate }: { readonly active: SpecRow; readonly candidate: SpecRow }) =>
      gateSpec(database, active, candidate),

    previewRaterRemoval: ({ twin, rater_id }: { readonly twin: TwinRef; readonly rater_id: string }) =>
      previewRaterRemoval(database, twin, rater_id),
  };
}
