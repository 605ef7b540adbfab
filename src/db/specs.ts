import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Verdict } from '../gate/types.ts';
import type { Reader } from './client.ts';
import { byTime, toPage, type Page, type PageRequest } from './page.ts';
import { personaSpecs } from './schema/persona.ts';
import type { SpecRow } from './spec-writes.ts';

/** A version without its content and its gate report. */
export type SpecSummary = Omit<SpecRow, 'spec' | 'gate_report'> & { readonly verdict: Verdict | null };

/** A page of a twin's versions. Tenancy is the caller's to check. */
export async function listSpecs(db: Reader, twinId: string, request: PageRequest): Promise<Page<SpecSummary>> {
  const keyset = byTime(request, personaSpecs.created_at, personaSpecs.id);
  const { spec: _spec, gate_report, ...columns } = getTableColumns(personaSpecs);
  const rows = await db
    .select({ key: keyset.key, ...columns, verdict: sql<Verdict | null>`${gate_report} ->> 'verdict'` })
    .from(personaSpecs)
    .where(and(eq(personaSpecs.twin_id, twinId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, ({ key: _key, ...row }) => row);
}
