import type { Transaction } from './client.ts';
import { auditLog } from './schema/tenancy.ts';

export interface AuditEntry {
  readonly tenant_id: string;
  readonly twin_id: string | null;
  /** `key:<id>` or `job:<id>`. */
  readonly actor: string;
  readonly action: string;
  /** Ids, versions and figures; never feedback text. */
  readonly detail?: Record<string, unknown>;
}

/** Written in the transaction of the effect it records, so that neither is there without the other. */
export async function writeAudit(tx: Transaction, entry: AuditEntry): Promise<void> {
  await tx.insert(auditLog).values({ ...entry, detail: entry.detail ?? {} });
}
