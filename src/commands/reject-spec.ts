import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase } from '../db/client.ts';
import { insertVetoes, readSpecRow, updateSpec, type SpecRow } from '../db/spec-writes.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { vetoesOf } from './vetoes-of.ts';

export type RejectResult =
  | { readonly status: 'rejected'; readonly spec: SpecRow }
  | { readonly status: 'not_found' }
  | { readonly status: 'not_held'; readonly detail: string };

/** Rejects the held candidate; each of its operations is vetoed until the evidence behind it has doubled. */
export async function rejectSpec(
  { db }: OpenDatabase,
  ref: TwinRef,
  version: string,
  actor: string,
  reason?: string,
): Promise<RejectResult> {
  return db.transaction(async (tx): Promise<RejectResult> => {
    const locked = await lockOwnTwin(tx, ref);
    const candidate = locked === undefined ? undefined : await readSpecRow(tx, ref.id, version);
    if (candidate === undefined) return { status: 'not_found' };
    if (candidate.review === 'rejected') return { status: 'rejected', spec: candidate };
    if (candidate.review !== 'held') {
      return {
        status: 'not_held',
        detail: `Only a held candidate can be rejected; ${version} is ${candidate.status}.`,
      };
    }
    await insertVetoes(tx, vetoesOf([candidate], 'rejected', actor));
    const spec = await updateSpec(tx, ref.id, version, {
      review: 'rejected',
      status: 'archived',
      reason: reason ?? null,
    });
    await writeAudit(tx, {
      tenant_id: ref.tenant_id,
      twin_id: ref.id,
      actor,
      action: 'spec.reject',
      detail: { version, reason: reason ?? null },
    });
    return { status: 'rejected', spec };
  });
}
