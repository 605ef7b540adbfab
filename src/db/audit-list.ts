import { and, eq } from 'drizzle-orm';
import type { Reader } from './client.ts';
import { byNumber, toPage, type Page, type PageRequest } from './page.ts';
import { auditLog } from './schema/tenancy.ts';
import type { TwinRef } from './twin-ref.ts';

export type AuditRow = typeof auditLog.$inferSelect;

/** A page of the commands that were given to a twin. */
export async function listAudit(db: Reader, ref: TwinRef, request: PageRequest): Promise<Page<AuditRow>> {
  const keyset = byNumber(request, auditLog.id);
  const rows = await db
    .select({ key: keyset.key, entry: auditLog })
    .from(auditLog)
    .where(and(eq(auditLog.twin_id, ref.id), eq(auditLog.tenant_id, ref.tenant_id), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, (row) => row.entry);
}
