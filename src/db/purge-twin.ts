import { sql, type SQL } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { OpenDatabase, Transaction } from './client.ts';

/** Rows that one transaction deletes at most. */
const BATCH = 5_000;
/** Snapshots that are looked through at once: each names every twin of its tenant. */
const SNAPSHOTS = 200;

type Counts = Readonly<Record<string, number>>;

const byTwin = (twinId: string): SQL => sql`r.twin_id = ${twinId}`;
const byJob = (twinId: string): SQL => sql`r.job_id in (select id from jobs where twin_id = ${twinId})`;

/** All that holds rows of a twin but its tombstone and the audit log; what names another comes before it. */
const TABLES: readonly (readonly [table: string, ofTwin: (twinId: string) => SQL])[] = [
  ['persona_training_events', byTwin],
  ['prompt_traces', byTwin],
  ['llm_answers', byTwin],
  ['job_logs', byJob],
  ['persona_feedback_learning_runs', byTwin],
  ['jobs', byTwin],
  ['persona_specs', byTwin],
  ['regression_cases', byTwin],
  ['vetoes', byTwin],
];

const inSnapshots = (tenantId: string, twinId: string): SQL =>
  sql`r.tenant_id = ${tenantId} and (r.seqs ? ${twinId} or r.versions ? ${twinId})`;

/**
 * Deletes everything of a deleted twin but its tombstone and the audit log, in batches, and leaves a receipt there: the
 * audit row `twin.purged` with the rows deleted by table and the rows a query still found, which are none. Safe to
 * repeat and to break off. Throws, and will be tried again, when something is left.
 */
export async function purgeTwin({ db }: OpenDatabase, twinId: string, progress: () => void): Promise<void> {
  let after: string | undefined = '00000000-0000-0000-0000-000000000000';
  while (after !== undefined) {
    const from: string = after;
    after = await db.transaction((tx) => forgetInSnapshots(tx, twinId, from));
    progress();
  }
  for (let more = true; more;) {
    more = await db.transaction((tx) => purgeBatch(tx, twinId));
    progress();
  }
}

/** Takes the twin out of some snapshots of its tenant; the last of them, or undefined when there are no more. */
async function forgetInSnapshots(tx: Transaction, twinId: string, after: string): Promise<string | undefined> {
  const tenantId = await lockDeleted(tx, twinId);
  if (tenantId === undefined) return undefined;
  const page = await tx.execute<{ id: string }>(sql`
    select id from learning_snapshots where tenant_id = ${tenantId} and id > ${after} order by id limit ${SNAPSHOTS}`);
  const last = page.at(-1)?.id;
  if (last === undefined) return undefined;
  const rows = await tx.execute(sql`
    update learning_snapshots r set seqs = r.seqs - ${twinId}::text, versions = r.versions - ${twinId}::text
    where r.id > ${after} and r.id <= ${last} and ${inSnapshots(tenantId, twinId)} returning 1`);
  await addCounts(tx, twinId, { learning_snapshots: rows.length });
  return last;
}

/** Deletes a batch, and with the last one ends the purge; whether there is more. */
async function purgeBatch(tx: Transaction, twinId: string): Promise<boolean> {
  const tenantId = await lockDeleted(tx, twinId);
  if (tenantId === undefined) return false;
  const deleted: Record<string, number> = {};
  let left = BATCH;
  for (const [table, ofTwin] of TABLES) {
    if (left === 0) break;
    const rows = await tx.execute(sql`
      delete from ${sql.identifier(table)} where ctid = any(array(
        select r.ctid from ${sql.identifier(table)} r where ${ofTwin(twinId)} limit ${left} for update)) returning 1`);
    deleted[table] = rows.length;
    left -= rows.length;
  }
  await addCounts(tx, twinId, deleted);
  if (left === 0) return true;
  await endPurge(tx, tenantId, twinId);
  return false;
}

async function endPurge(tx: Transaction, tenantId: string, twinId: string): Promise<void> {
  const states = await tx.execute(sql`delete from twin_state where twin_id = ${twinId} returning 1`);
  await addCounts(tx, twinId, { twin_state: states.length });
  const remaining = await countLeft(tx, tenantId, twinId);
  if (remaining > 0) throw new Error(`${remaining} rows of twin ${twinId} are left after its purge`);
  const [twin] = await tx.execute<{ rows: Counts }>(sql`
    update twins set purged_at = clock_timestamp(), name = '' where id = ${twinId} returning purged_rows as rows`);
  const detail = { deleted: twin?.rows ?? {}, remaining };
  await writeAudit(tx, { tenant_id: tenantId, twin_id: twinId, actor: 'purge', action: 'twin.purged', detail });
}

/** Rows that a purge leaves of the twin, counted anew in every table that may hold any. */
async function countLeft(tx: Transaction, tenantId: string, twinId: string): Promise<number> {
  const counts = [
    ...TABLES.map(([table, ofTwin]) => sql`(select count(*) from ${sql.identifier(table)} r where ${ofTwin(twinId)})`),
    sql`(select count(*) from twin_state r where ${byTwin(twinId)})`,
    sql`(select count(*) from learning_snapshots r where ${inSnapshots(tenantId, twinId)})`,
  ];
  const [row] = await tx.execute<{ left: number }>(sql`select (${sql.join(counts, sql` + `)})::int as left`);
  return row?.left ?? Number.NaN;
}

/** Adds to what the twin's tombstone says was deleted. */
async function addCounts(tx: Transaction, twinId: string, counts: Counts): Promise<void> {
  const added = JSON.stringify(counts);
  await tx.execute(sql`
    update twins set purged_rows = coalesce(purged_rows, '{}') || (
      select jsonb_object_agg(key, value::int + coalesce((purged_rows ->> key)::int, 0)) from jsonb_each_text(${added}::jsonb))
    where id = ${twinId}`);
}

/** The twin's lock as for every writer; its tenant, or undefined when it is purged already. Throws for a living one. */
async function lockDeleted(tx: Transaction, twinId: string): Promise<string | undefined> {
  await tx.execute(sql`select 1 from twin_state where twin_id = ${twinId} for update`);
  const [twin] = await tx.execute<{ tenant_id: string; deleted: boolean; purged: boolean }>(sql`
    select tenant_id, deleted_at is not null as deleted, purged_at is not null as purged from twins where id = ${twinId}`);
  if (twin !== undefined && !twin.deleted) throw new Error(`twin ${twinId} is not deleted`);
  return twin === undefined || twin.purged ? undefined : twin.tenant_id;
}
