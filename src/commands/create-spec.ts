import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase, Transaction } from '../db/client.ts';
import { activateSpec, insertSpec, readActiveSpec, takenVersions, type SpecRow } from '../db/spec-writes.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { specHash } from '../persona/hash.ts';
import { diffSpecs } from '../persona/manifest.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { nextVersion, type VersionBump } from '../persona/version.ts';

export interface NewOwnerSpec {
  /** Its `version` is not taken over: the server gives the number. */
  readonly spec: PersonaSpec;
  readonly notes?: string | undefined;
  readonly bump?: VersionBump | undefined;
}

/** Stores an owner's spec as a draft; a twin's first one is live at once. Undefined when the tenant has no such twin. */
export async function createSpec(
  { db }: OpenDatabase,
  ref: TwinRef,
  actor: string,
  input: NewOwnerSpec,
): Promise<SpecRow | undefined> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return undefined;
    return createSpecIn(tx, ref, actor, input);
  });
}

/** The same inside a transaction that holds the twin's lock, or that has just made the twin. */
export async function createSpecIn(
  tx: Transaction,
  ref: TwinRef,
  actor: string,
  { spec, notes, bump }: NewOwnerSpec,
): Promise<SpecRow> {
  const active = await readActiveSpec(tx, ref.id);
  const version = nextVersion(await takenVersions(tx, ref.id), active?.version ?? null, bump ?? 'minor');
  const numbered = { ...spec, version };
  const row = await insertSpec(tx, {
    twin_id: ref.id,
    version,
    status: 'draft',
    origin: 'owner',
    parent_version: active?.version ?? null,
    parent_hash: active?.content_hash ?? null,
    spec: numbered,
    content_hash: specHash(numbered),
    manifest: active === undefined ? [] : diffSpecs(active.spec, numbered),
    notes: notes ?? null,
    created_by: actor,
  });
  await writeAudit(tx, {
    tenant_id: ref.tenant_id,
    twin_id: ref.id,
    actor,
    action: 'spec.create',
    detail: { version },
  });
  if (active !== undefined) return row;
  return activateSpec(tx, ref.id, version, {
    published_by: actor,
    reason: 'first spec of the twin: there was nothing to compare it with, so it has no gate report',
    acknowledged: null,
    review: null,
  });
}
