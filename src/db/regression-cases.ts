import { and, count, eq } from 'drizzle-orm';
import type { RegressionCase } from '../gate/types.ts';
import { writeAudit } from './audit.ts';
import type { OpenDatabase, Reader } from './client.ts';
import { byTime, toPage, type Page, type PageRequest } from './page.ts';
import { regressionCases } from './schema/persona.ts';
import { lockOwnTwin } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

/** The gate judges every case under two specs on every run. */
export const MAX_CASES = 1_000;

export type CaseRow = typeof regressionCases.$inferSelect;

/** A page of a twin's own cases. Tenancy is the caller's to check. */
export async function listCases(db: Reader, twinId: string, request: PageRequest): Promise<Page<CaseRow>> {
  const keyset = byTime(request, regressionCases.created_at, regressionCases.id);
  const rows = await db
    .select({ key: keyset.key, row: regressionCases })
    .from(regressionCases)
    .where(and(eq(regressionCases.twin_id, twinId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, ({ row }) => row);
}

/** Adds a case; from now on the gate judges it, and a held candidate is judged anew when it is approved. */
export async function addCase(
  { db }: OpenDatabase,
  ref: TwinRef,
  actor: string,
  body: RegressionCase,
): Promise<CaseRow | 'not_found' | 'taken' | 'full'> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return 'not_found';
    const [total] = await tx.select({ n: count() }).from(regressionCases).where(eq(regressionCases.twin_id, ref.id));
    if ((total?.n ?? 0) >= MAX_CASES) return 'full';
    const [row] = await tx
      .insert(regressionCases)
      .values({ twin_id: ref.id, id: body.id, body, created_by: actor })
      .onConflictDoNothing()
      .returning();
    if (row === undefined) return 'taken';
    await writeAudit(tx, { ...audited(ref), actor, action: 'case.create', detail: { case_id: body.id } });
    return row;
  });
}

/** False when the tenant's twin has no such case. */
export async function removeCase({ db }: OpenDatabase, ref: TwinRef, actor: string, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return false;
    const rows = await tx
      .delete(regressionCases)
      .where(and(eq(regressionCases.twin_id, ref.id), eq(regressionCases.id, id)))
      .returning({ id: regressionCases.id });
    if (rows.length === 0) return false;
    await writeAudit(tx, { ...audited(ref), actor, action: 'case.delete', detail: { case_id: id } });
    return true;
  });
}

const audited = (ref: TwinRef) => ({ tenant_id: ref.tenant_id, twin_id: ref.id });
