import type { OpenDatabase } from '../../db/client.ts';
import type { Caller } from '../../db/keys.ts';
import { findTwin } from '../../db/twins.ts';
import type { TwinRef } from '../../db/twin-ref.ts';
import { notFound, type ApiProblem } from './problems.ts';

export const noTwin = (id: string): ApiProblem => notFound(`twin ${id}`);

export const refOf = (caller: Caller, id: string): TwinRef => ({ id, tenant_id: caller.tenant_id });

/** The twin as the caller may name it. Throws `not-found` for another tenant's and for a deleted one. */
export async function twinOf({ db }: OpenDatabase, caller: Caller, id: string): Promise<TwinRef> {
  const ref = refOf(caller, id);
  if ((await findTwin(db, ref)) === undefined) throw noTwin(id);
  return ref;
}
