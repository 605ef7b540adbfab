import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase, Transaction } from '../db/client.ts';
import {
  activateSpec,
  endProbation,
  insertSpec,
  insertVetoes,
  readActiveSpec,
  readSpecRow,
  takenVersions,
  type SpecRow,
} from '../db/spec-writes.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { diffSpecs } from '../persona/manifest.ts';
import { nextVersion } from '../persona/version.ts';
import { vetoesOf } from './vetoes-of.ts';

export interface RollbackRequest {
  /** Default: the parent of what is live. */
  readonly to_version?: string | undefined;
  readonly expected_active_version?: string | undefined;
  readonly reason?: string | undefined;
}

export type RollbackResult =
  | { readonly status: 'rolled_back'; readonly spec: SpecRow; readonly undone: readonly string[] }
  | { readonly status: 'not_found' }
  | { readonly status: 'active_moved'; readonly active_version: string | null }
  | { readonly status: 'nothing_to_roll_back'; readonly detail: string };

/**
 * Publishes the content of an earlier version as a new patch, in one transaction, and vetoes what the versions since
 * then had learned. It needs no gate report: that content has been live before.
 */
export function rollbackSpec(
  { db }: OpenDatabase,
  ref: TwinRef,
  actor: string,
  request: RollbackRequest,
): Promise<RollbackResult> {
  return db.transaction((tx) => rollbackIn(tx, ref, actor, request));
}

/** The same inside somebody's transaction. */
export async function rollbackIn(
  tx: Transaction,
  ref: TwinRef,
  actor: string,
  request: RollbackRequest,
): Promise<RollbackResult> {
  const locked = await lockOwnTwin(tx, ref);
  if (locked === undefined) return { status: 'not_found' };
  const { active_version } = locked.state;
  const active = await readActiveSpec(tx, ref.id);
  if (active === undefined) {
    return { status: 'nothing_to_roll_back', detail: 'The twin has no live persona.' };
  }
  const expected = request.expected_active_version;
  if (expected !== undefined && expected !== active_version) return { status: 'active_moved', active_version };

  const content = await contentOf(tx, active);
  const to = request.to_version ?? content.parent_version;
  if (to === null) {
    return { status: 'nothing_to_roll_back', detail: `${active.version} has no parent: name a to_version.` };
  }
  const target = await readSpecRow(tx, ref.id, to);
  if (target === undefined) return { status: 'not_found' };
  if (target.version === active.version || target.published_at === null) {
    const why = target.version === active.version ? 'is live already' : 'was never live';
    return { status: 'nothing_to_roll_back', detail: `${to} ${why}: choose a version that was live before.` };
  }
  const kept = new Set((await lineageOf(tx, target)).map((spec) => spec.version));
  const undone = (await lineageOf(tx, content)).filter((spec) => !kept.has(spec.version));
  await insertVetoes(tx, vetoesOf(undone, 'rolled_back', actor));
  const version = nextVersion(await takenVersions(tx, ref.id), active.version, 'patch');
  const spec = { ...target.spec, version };
  await insertSpec(tx, {
    twin_id: ref.id,
    version,
    status: 'draft',
    origin: 'rollback',
    parent_version: active.version,
    parent_hash: active.content_hash,
    restores_version: (await contentOf(tx, target)).version,
    spec,
    content_hash: target.content_hash,
    manifest: diffSpecs(active.spec, spec),
    created_by: actor,
  });
  await endProbation(tx, ref.id, 'rolled_back');
  const published = await activateSpec(tx, ref.id, version, {
    published_by: actor,
    reason: request.reason ?? `rollback to ${to}: it was live before, so it has no gate report`,
    acknowledged: null,
    review: null,
  });
  const detail = { version, to, undone: undone.map((one) => one.version), reason: request.reason ?? null };
  await writeAudit(tx, { tenant_id: ref.tenant_id, twin_id: ref.id, actor, action: 'spec.rollback', detail });
  return { status: 'rolled_back', spec: published, undone: detail.undone };
}

/** A rollback stands for the version that it restored, so that rolling back twice goes further back. */
async function contentOf(tx: Transaction, spec: SpecRow): Promise<SpecRow> {
  if (spec.restores_version === null) return spec;
  return (await readSpecRow(tx, spec.twin_id, spec.restores_version)) ?? spec;
}

/** The versions whose changes a spec has, itself first, by their parents; what a rollback undid is left out. */
async function lineageOf(tx: Transaction, of: SpecRow): Promise<SpecRow[]> {
  const versions: SpecRow[] = [];
  let spec: SpecRow | undefined = await contentOf(tx, of);
  while (spec !== undefined) {
    versions.push(spec);
    const parent: SpecRow | undefined =
      spec.parent_version === null ? undefined : await readSpecRow(tx, spec.twin_id, spec.parent_version);
    spec = parent && (await contentOf(tx, parent));
  }
  return versions;
}
