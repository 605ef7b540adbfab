import { and, eq } from 'drizzle-orm';
import type { Reader } from './client.ts';
import { byNumber, toPage, type Page, type PageRequest } from './page.ts';
import { auditLog } from './schema/tenancy.ts';

export type AuditRow = typeof auditLog.$inferSelect;

export interface AuditFilter {
  readonly tenant_id: string;
  /** Undefined: of all twins, and of the tenant itself. Never left out by accident. */
  readonly twin_id: string | undefined;
  readonly action?: string | undefined;
}

/** A page of what was done to a tenant's twins, or to one of them, and of what was done to the tenant itself. */
export async function listAudit(
  db: Reader,
  { tenant_id, twin_id, action }: AuditFilter,
  request: PageRequest,
): Promise<Page<AuditRow>> {
  const keyset = byNumber(request, auditLog.id);
  const where = [
    eq(auditLog.tenant_id, tenant_id),
    twin_id === undefined ? undefined : eq(auditLog.twin_id, twin_id),
    action === undefined ? undefined : eq(auditLog.action, action),
  ];
  const rows = await db
    .select({ key: keyset.key, entry: auditLog })
    .from(auditLog)
    .where(and(...where, keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, (row) => row.entry);
}
