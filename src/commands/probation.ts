import { writeAudit } from '../db/audit.ts';
import type { Reader, Transaction } from '../db/client.ts';
import { writeJobLog } from '../db/open-jobs.ts';
import { readProbationStreams } from '../db/probation.ts';
import { findRunJob } from '../db/runs.ts';
import { endProbation, readActiveSpec, type SpecRow } from '../db/spec-writes.ts';
import type { LockedTwin } from '../db/twin-lock.ts';
import { describeFigures, judgeProbation, type ProbationVerdict } from '../learning/probation.ts';
import { rollbackIn } from './rollback-spec.ts';

const ACTOR = 'probation';

export interface StandingProbation {
  readonly spec: SpecRow;
  readonly until: Date;
  readonly verdict: ProbationVerdict;
}

/** The probation that runs, from the rows of both versions; undefined while none does. */
export async function readProbation(
  db: Reader,
  { state, now }: Pick<LockedTwin, 'state' | 'now'>,
): Promise<StandingProbation | undefined> {
  const until = state.probation_until;
  if (until === null) return undefined;
  const spec = await readActiveSpec(db, state.twin_id);
  if (spec?.probation !== 'running') return undefined;
  const { old, fresh } = await readProbationStreams(db, spec);
  return { spec, until, verdict: judgeProbation(old, fresh, now >= until) };
}

/**
 * Ends the probation whose votes or time decide it, under the twin's lock: rolled back with the reason and vetoes, or
 * kept. What it weighed is the answer while it goes on. Nothing is decided for a paused twin: its owner has said that
 * nothing changes by itself.
 */
export async function settleProbation(
  tx: Transaction,
  locked: LockedTwin,
): Promise<'ended' | StandingProbation | undefined> {
  const { state } = locked;
  if (state.probation_until === null || state.paused_at !== null) return undefined;
  const standing = await readProbation(tx, locked);
  if (standing === undefined) throw new Error(`twin ${state.twin_id} has a probation and no live version under it`);
  const { spec, verdict } = standing;
  const { outcome, figures } = verdict;
  if (outcome === 'running') return standing;
  const ref = { id: state.twin_id, tenant_id: state.tenant_id };
  const jobId = spec.run_id === null ? undefined : await findRunJob(tx, spec.run_id);

  if (outcome === 'rolled_back') {
    const reason = `probation of ${spec.version}: ${describeFigures(figures)}`;
    const result = await rollbackIn(tx, ref, ACTOR, { expected_active_version: spec.version, reason });
    if (result.status !== 'rolled_back') throw new Error(`probation of twin ${ref.id}: rollback ${result.status}`);
    const metadata = { ...figures, version: spec.version, published: result.spec.version };
    const message = `Rolled ${spec.version} back to ${spec.parent_version} as ${result.spec.version}: ${reason}`;
    if (jobId !== undefined) await writeJobLog(tx, jobId, 'warning', message, metadata);
    return 'ended';
  }
  await endProbation(tx, ref.id, outcome);
  const detail = { version: spec.version, outcome, ...figures };
  await writeAudit(tx, { tenant_id: ref.tenant_id, twin_id: ref.id, actor: ACTOR, action: 'probation.end', detail });
  const how = outcome === 'kept' ? 'Kept' : 'Kept, undecided:';
  const message = `${how} ${spec.version} after its probation: ${describeFigures(figures)}`;
  if (jobId !== undefined) await writeJobLog(tx, jobId, 'info', message, detail);
  return 'ended';
}

/** The probation of the live version for `GET /learning`: how it stands, or how it ended; null when it had none. */
export async function showProbation(db: Reader, twinId: string, standing: StandingProbation | undefined) {
  const spec = standing?.spec ?? (await readActiveSpec(db, twinId));
  if (spec?.probation == null) return null;
  return {
    version: spec.version,
    status: spec.probation,
    started_at: spec.published_at?.toISOString() ?? null,
    until: standing?.until.toISOString() ?? null,
    ended_at: spec.probation_ended_at?.toISOString() ?? null,
    figures: standing?.verdict.figures ?? null,
    decides: standing ? describeFigures(standing.verdict.figures) : null,
  };
}
