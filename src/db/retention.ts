import { eq } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { Database, Reader } from './client.ts';
import { tenants } from './schema/tenancy.ts';

/** Days that a tenant keeps texts of feedback, null where the instance's hold; undefined when there is no such tenant. */
export async function readTextRetention(db: Reader, tenantId: string): Promise<number | null | undefined> {
  const [row] = await db.select({ days: tenants.text_retention_days }).from(tenants).where(eq(tenants.id, tenantId));
  return row?.days;
}

/** Sets them, 1 to 365, or null; the next sweep goes by it. False when there is no such tenant. */
export async function setTextRetention(db: Database, tenantId: string, days: number | null): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .update(tenants)
      .set({ text_retention_days: days })
      .where(eq(tenants.id, tenantId))
      .returning({ id: tenants.id });
    if (rows.length === 0) return false;
    const detail = { text_retention_days: days };
    await writeAudit(tx, { tenant_id: tenantId, twin_id: null, actor: 'command', action: 'tenant.retention', detail });
    return true;
  });
}
