import type { OpenDatabase } from '../../src/db/client.ts';
import { insertSpec, readActiveSpec, takenVersions, type NewSpec, type SpecRow } from '../../src/db/spec-writes.ts';
import { caseSetHash } from '../../src/gate/gate.ts';
import type { CheckResult, GateReport, Verdict } from '../../src/gate/types.ts';
import { specHash } from '../../src/persona/hash.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import type { Operation } from '../../src/persona/operation.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { nextVersion } from '../../src/persona/version.ts';

const BAND = '/deterministic_rules/length_bands/factual_with_evidence/max_words';

/** A change that the gate passes: the band of factual answers ends at so many words. */
export function narrowerBand(spec: PersonaSpec, to = 200): Operation {
  const from = spec.deterministic_rules.length_bands['factual_with_evidence']?.max_words ?? 0;
  return { op: 'set', path: BAND, from, to, evidence: { effective_votes: 30, events: 40, raters: 9 } };
}

export interface CandidateOptions {
  readonly operations?: (spec: PersonaSpec) => Operation[];
  /** Of the report it has, made with today's cases; `stale` says that those have changed since. */
  readonly verdict?: Verdict;
  readonly checks?: CheckResult[];
  readonly stale?: boolean;
  readonly row?: Partial<NewSpec>;
}

/** A learned candidate of the live spec, held for its owner as the publish step leaves it. */
export async function holdCandidate(
  { db }: OpenDatabase,
  twin_id: string,
  { operations = (spec) => [narrowerBand(spec)], verdict = 'pass', checks = [], stale, row }: CandidateOptions = {},
): Promise<SpecRow> {
  const active = await readActiveSpec(db, twin_id);
  if (active === undefined) throw new Error(`twin ${twin_id} has no live spec`);
  const manifest = operations(active.spec);
  const version = nextVersion(await takenVersions(db, twin_id), active.version, 'patch');
  const spec = { ...applyOperations(active.spec, manifest), version };
  const content_hash = specHash(spec);
  const gate_report: GateReport = {
    verdict,
    checks,
    candidate_version: version,
    parent_version: active.version,
    candidate_hash: content_hash,
    parent_hash: active.content_hash,
    case_set_hash: stale === true ? 'of another set: the gate runs anew' : caseSetHash([]),
    replay_hash: '',
  };
  const parent = { parent_version: active.version, parent_hash: active.content_hash };
  const held = {
    twin_id,
    version,
    status: 'draft',
    review: 'held',
    origin: 'learned',
    created_by: 'job:test',
  } as const;
  return db.transaction((tx) =>
    insertSpec(tx, { ...held, ...parent, spec, content_hash, manifest, gate_report, ...row }),
  );
}
