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

/** What a version changes; empty where there is no such version. */
export async function readManifest(db: Reader, twinId: string, version: string): Promise<SpecRow['manifest']> {
  const [row] = await db
    .select({ manifest: personaSpecs.manifest })
    .from(personaSpecs)
    .where(and(eq(personaSpecs.twin_id, twinId), eq(personaSpecs.version, version)));
  return row?.manifest ?? [];
}

/** The manifests that led from one version to a later one, newest first; none when it does not descend from it. */
export async function readManifestsBetween(
  db: Reader,
  twinId: string,
  from: string,
  to: string,
): Promise<SpecRow['manifest'][]> {
  const rows = await db.execute<{ manifest: SpecRow['manifest']; parent_version: string | null }>(sql`
    with recursive line as (
      select 1 as depth, p.parent_version, p.manifest from persona_specs p
      where p.twin_id = ${twinId} and p.version = ${to} and p.version <> ${from}
      union all
      select l.depth + 1, p.parent_version, p.manifest from line l
      join persona_specs p on p.twin_id = ${twinId} and p.version = l.parent_version and p.version <> ${from}
    )
    select manifest, parent_version from line order by depth`);
  return rows.at(-1)?.parent_version === from ? rows.map(({ manifest }) => manifest) : [];
}
