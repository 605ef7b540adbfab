import { planTwin } from '../../src/commands/plan.ts';
import { insertSpec, readActiveSpec, takenVersions } from '../../src/db/spec-writes.ts';
import type { GateReport } from '../../src/gate/types.ts';
import { specHash } from '../../src/persona/hash.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import type { Operation } from '../../src/persona/operation.ts';
import { nextVersion } from '../../src/persona/version.ts';
import { DEFAULTS, unique, type TestApi } from './harness.ts';

/** Enough votes for a run, by so many raters. */
export async function castVotes(api: TestApi, twin_id: string, count = 5): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({
    trace_id: unique('vote'),
    twin_id,
    score: n % 2 === 0 ? 1 : -1,
    rater_id: `r${n}`,
  }));
  const { body } = await api.call('POST', '/feedback', { body: { items } });
  if (body.stored !== count) throw new Error(JSON.stringify(body));
}

/** A queued job, claimed as the twin's workflow would. */
export async function openJob(api: TestApi, twinId: string): Promise<string> {
  await castVotes(api, twinId);
  const plan = await planTwin(api.database, { twinId, source: 'feedback_event' }, DEFAULTS);
  if (plan.kind !== 'run') throw new Error(plan.kind);
  return plan.jobId;
}

/** A held candidate, as a run would leave it, that makes a length band narrower. */
export async function holdCandidate(
  api: TestApi,
  twinId: string,
  report: Partial<Pick<GateReport, 'verdict' | 'checks'>> = {},
): Promise<string> {
  const { db } = api.database;
  const active = await readActiveSpec(db, twinId);
  if (active === undefined) throw new Error('no active spec');
  const operation: Operation = {
    op: 'set',
    path: '/deterministic_rules/length_bands/factual_with_evidence/max_words',
    from: active.spec.deterministic_rules.length_bands['factual_with_evidence']?.max_words ?? 0,
    to: 200,
    evidence: { effective_votes: 30, events: 40, raters: 9 },
  };
  const taken = await takenVersions(db, twinId);
  const version = nextVersion(taken, active.version, 'patch');
  const spec = { ...applyOperations(active.spec, [operation]), version };
  await db.transaction((tx) =>
    insertSpec(tx, {
      twin_id: twinId,
      version,
      status: 'draft',
      review: 'held',
      origin: 'learned',
      parent_version: active.version,
      parent_hash: active.content_hash,
      spec,
      content_hash: specHash(spec),
      manifest: [operation],
      gate_report: {
        verdict: 'pass',
        checks: [],
        candidate_version: version,
        parent_version: active.version,
        candidate_hash: specHash(spec),
        parent_hash: active.content_hash,
        case_set_hash: 'of another set: the gate runs anew',
        replay_hash: '',
        ...report,
      },
      created_by: 'job:test',
    }),
  );
  return version;
}
