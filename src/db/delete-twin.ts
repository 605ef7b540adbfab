import { and, eq, isNull } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { OpenDatabase } from './client.ts';
import { twins } from './schema/twins.ts';
import { lockOwnTwin } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

/** Gone at once for every reader; its workflow purges the rows. False when there is none, or it is deleted already. */
export async function deleteTwin({ db }: OpenDatabase, ref: TwinRef, actor: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return false;
    await tx
      .update(twins)
      .set({ deleted_at: locked.now })
      .where(and(eq(twins.id, ref.id), isNull(twins.deleted_at)));
    await writeAudit(tx, { tenant_id: ref.tenant_id, twin_id: ref.id, actor, action: 'twin.delete' });
    return true;
  });
}
