import { sql, type SQL } from 'drizzle-orm';
import type { Database, Transaction } from './client.ts';
import {
  findRater,
  isAuditOf,
  isTraceOf,
  joiningByHash,
  listTwinIds,
  raterVotes,
  type RaterInTwin,
} from './rater-rows.ts';
import type { TwinRef } from './twin-ref.ts';

/** Rows that are in memory at once. With the longest texts they are 50 MB, as votes go less than 1. */
const PAGE = 200;

/** What the rows of an export are called, in the order in which a twin's come. */
export const TWIN_PARTS = [
  'twin',
  'state',
  'spec',
  'vote',
  'run',
  'veto',
  'regression_case',
  'trace',
  'llm_answer',
  'job',
  'job_log',
  'audit',
] as const;
export const RATER_PARTS = ['vote', 'trace', 'audit'] as const;
type PartName = (typeof TWIN_PARTS)[number];

interface Part {
  readonly name: PartName;
  /** A query, in its order. */
  readonly rows: SQL;
}

/** Takes a page of rows, each a JSON object in text; resolves when there is room for the next one. */
export type WritePage = (name: PartName, rows: readonly string[]) => Promise<void>;

/** The rows of a table that are a twin's, in the order of these columns. */
const ofTwin = (name: PartName, table: string, twinId: string, order: string): Part => ({
  name,
  rows: sql`select * from ${sql.identifier(table)} where twin_id = ${twinId} order by ${sql.raw(order)}`,
});

/** Everything that the schema holds of a twin; a table that is missing here fails the test of exports. */
const partsOfTwin = ({ id }: TwinRef): Part[] => [
  { name: 'twin', rows: sql`select * from twins where id = ${id}` },
  ofTwin('state', 'twin_state', id, 'twin_id'),
  ofTwin('spec', 'persona_specs', id, 'created_at, id'),
  ofTwin('vote', 'persona_training_events', id, 'seq'),
  {
    name: 'run',
    // Of its snapshot only what is this twin's: it names the others of the tenant too.
    rows: sql`select r.*, n.as_of as snapshot_as_of, (n.seqs ->> r.twin_id)::bigint as snapshot_seq,
        n.versions ->> r.twin_id as snapshot_version
      from persona_feedback_learning_runs r left join learning_snapshots n on n.id = r.snapshot_id
      where r.twin_id = ${id} order by r.created_at, r.id`,
  },
  ofTwin('veto', 'vetoes', id, 'created_at, id'),
  ofTwin('regression_case', 'regression_cases', id, 'id'),
  ofTwin('trace', 'prompt_traces', id, 'trace_id'),
  ofTwin('llm_answer', 'llm_answers', id, 'content_hash'),
  ofTwin('job', 'jobs', id, 'created_at, id'),
  {
    name: 'job_log',
    rows: sql`select l.* from jobs j join job_logs l on l.job_id = j.id where j.twin_id = ${id} order by l.id`,
  },
  ofTwin('audit', 'audit_log', id, 'id'),
];

/** By a cursor, which reads on where it was: one pass over an index, and no page that is planned anew. */
async function writePart(tx: Transaction, { name, rows }: Part, write: WritePage): Promise<void> {
  await tx.execute(sql`declare part no scroll cursor for select to_json(r)::text as row from (${rows}) r`);
  for (;;) {
    const page = await tx.execute<{ row: string }>(sql`fetch ${sql.raw(String(PAGE))} from part`);
    if (page.length === 0) break;
    await write(
      name,
      page.map(({ row }) => row),
    );
  }
  await tx.execute(sql`close part`);
}

/** Writes what a twin holds of a rater in the rater's own words, and the votes that say it. */
async function writeRater(tx: Transaction, who: RaterInTwin, write: WritePage): Promise<void> {
  const votes = sql`select * from ${raterVotes(who)} v order by v.seq`;
  const traces = sql`select * from prompt_traces p where ${isTraceOf(who)} order by p.trace_id`;
  await writePart(tx, { name: 'vote', rows: votes }, write);
  await writePart(tx, { name: 'trace', rows: traces }, write);
}

/** One instant for all pages: a row that changes meanwhile is in the export once, as it was when it began. */
const SNAPSHOT = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const;

/** Reads all that is stored of a twin, page by page, in one snapshot that is held for as long as `write` takes. */
export async function exportTwin(db: Database, twin: TwinRef, write: WritePage): Promise<void> {
  await db.transaction(async (tx) => {
    for (const part of partsOfTwin(twin)) await writePart(tx, part, write);
  }, SNAPSHOT);
}

/** The same of a rater in all living twins of a tenant, or one; `hash` is what the audit log calls the rater. */
export async function exportRater(
  db: Database,
  rater: { readonly tenant_id: string; readonly rater_id: string; readonly hash: string; readonly twin_id?: string },
  write: WritePage,
): Promise<void> {
  const { tenant_id, rater_id, hash, twin_id } = rater;
  await db.transaction(async (tx) => {
    const ids = twin_id === undefined ? await listTwinIds(tx, tenant_id, { living: true }) : [twin_id];
    for await (const twin of findRater(tx, ids, rater_id)) {
      if (!twin.found) continue;
      await joiningByHash(tx, () => writeRater(tx, { twin_id: twin.twin_id, rater_id }, write));
    }
    const within = twin_id === undefined ? sql`true` : sql`twin_id = ${twin_id}`;
    const audit = sql`select * from audit_log where ${isAuditOf(tenant_id, hash)} and ${within} order by id`;
    await writePart(tx, { name: 'audit', rows: audit }, write);
  }, SNAPSHOT);
}
