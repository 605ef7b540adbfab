import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase } from '../db/client.ts';
import { insertTwin } from '../db/twins.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { createSpecIn, type NewOwnerSpec } from './create-spec.ts';
import type { PolicyChange } from './policy.ts';

export interface NewTwin {
  readonly name: string;
  readonly policy?: PolicyChange | undefined;
  /** Its first spec, live at once. */
  readonly first?: NewOwnerSpec | undefined;
}

/** Makes a twin with its policy and first spec, all or nothing. An id that any tenant ever used is `taken`. */
export async function createTwin(
  { db }: OpenDatabase,
  ref: TwinRef,
  actor: string,
  twin: NewTwin,
): Promise<'created' | 'taken'> {
  return db.transaction(async (tx) => {
    const said = Object.fromEntries(Object.entries(twin.policy ?? {}).filter(([, value]) => value !== undefined));
    if (!(await insertTwin(tx, { ...ref, name: twin.name }, said))) return 'taken';
    await writeAudit(tx, { tenant_id: ref.tenant_id, twin_id: ref.id, actor, action: 'twin.create', detail: said });
    if (twin.first !== undefined) await createSpecIn(tx, ref, actor, twin.first);
    return 'created';
  });
}
