import { cancellationSignal } from '@temporalio/activity';
import type { Transaction } from '../db/client.ts';
import { countRange } from '../db/ledger.ts';
import { insertSpec, readActiveSpec, takenVersions } from '../db/spec-writes.ts';
import { countWithheld } from '../learning/describe-withheld.ts';
import { specHash } from '../persona/hash.ts';
import { applyOperations } from '../persona/manifest.ts';
import { summarizeManifest } from '../persona/manifest-summary.ts';
import { parsePointer } from '../persona/pointer.ts';
import { promptChanges } from '../persona/prompt-changes.ts';
import { nextVersion } from '../persona/version.ts';
import type { ActivityDeps } from './deps.ts';
import { logModel, proposeWithModel } from './llm-suggestions.ts';
import { runJobStep, type StepInput, type StepOutcome, type StepResult } from './job-step.ts';

/** Learns from the snapshot of all evidence, and writes the candidate as a draft. Nothing live changes. */
export function learn(deps: ActivityDeps, input: StepInput): Promise<StepResult> {
  return runJobStep(deps, input, 'learn', async ({ job, run }) => {
    const { db } = deps.database;
    const active = await readActiveSpec(db, input.twinId);
    if (active === undefined) {
      return async () => withoutCandidate('no_active_persona', 'The twin has no persona yet: publish a first spec.');
    }
    const fit = await deps.fits.covering(run.tenant_id, run.twin_id, run.to_seq, active.version);
    const { operations, withheld, effective_events, llm } = await proposeWithModel(
      fit.propose,
      { twin_id: run.twin_id, active: active.spec },
      deps.llm,
      { db, run, signal: cancellationSignal() },
    );
    const range = await countRange(db, run.twin_id, run.from_seq, run.to_seq);
    const learned = {
      snapshot_id: fit.snapshot.id,
      parent_version: active.version,
      events_scanned: range.scanned,
      events_processed: range.processed,
      suppressed: [...withheld],
    };
    const metadata = {
      ...job.metadata,
      events_scanned: range.scanned,
      events_processed: range.processed,
      llm,
      modules_updated: new Set(
        operations
          .map(({ path }) => parsePointer(path))
          .flatMap(([list, id]) => (list === 'procedural_modules' ? id : [])),
      ).size,
    };
    if (operations.length === 0) {
      const vetoed = withheld.length > 0;
      const outcome = withoutCandidate(
        vetoed ? 'all_suppressed' : 'nothing_to_change',
        vetoed
          ? `Nothing proposed: what the votes speak for is withheld (${countWithheld(withheld)}).`
          : `Nothing to change after ${effective_events} votes.`,
      );
      return async (tx: Transaction) => {
        await logModel(tx, job.id, llm);
        return { ...outcome, run: { ...learned, ...outcome.run }, job: { metadata } };
      };
    }
    const manifest = operations.map((operation) => ({
      ...operation,
      evidence: { ...operation.evidence, run_id: run.id },
    }));
    const candidate = applyOperations(active.spec, manifest);
    const unchanged = promptChanges(active.spec, candidate).length === 0;
    const summary = [...summarizeManifest(manifest), ...(unchanged ? ['prompt_unchanged'] : [])];

    return async (tx: Transaction) => {
      await logModel(tx, job.id, llm);
      const version = nextVersion(await takenVersions(tx, run.twin_id), active.version, 'patch');
      const spec = { ...candidate, version };
      await insertSpec(tx, {
        twin_id: run.twin_id,
        version,
        status: 'draft',
        origin: 'learned',
        parent_version: active.version,
        parent_hash: active.content_hash,
        spec,
        content_hash: specHash(spec),
        manifest,
        run_id: run.id,
        created_by: `job:${job.id}`,
      });
      return {
        next: 'gate',
        run: { ...learned, candidate_version: version, summary },
        job: { metadata },
        log: {
          level: 'info',
          message: `Learned candidate ${version} from ${effective_events} votes: ${operations.length} operation${operations.length === 1 ? '' : 's'}.`,
          metadata: { version, parent: active.version, snapshot_id: fit.snapshot.id, suppressed: withheld.length },
        },
      };
    };
  });
}

function withoutCandidate(
  reason: 'no_active_persona' | 'nothing_to_change' | 'all_suppressed',
  message: string,
): StepOutcome {
  return {
    next: 'finish',
    run: { publish_decision: 'no_candidate', reason },
    log: { level: 'info', message, metadata: { reason } },
  };
}
