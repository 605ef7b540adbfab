import { randomUUID } from 'node:crypto';
import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase } from '../db/client.ts';
import { eraseRaterAudit, eraseRaterRows, hasRaterRows } from '../db/erase-rater.ts';
import { standingKeysOf } from '../db/ledger.ts';
import {
  countAuditOf,
  countRaterRows,
  countVotesLeft,
  findCasesLike,
  findRater,
  listTwinIds,
  type RaterLeft,
  type RaterRows,
} from '../db/rater-rows.ts';
import { lockTwins } from '../db/twin-lock.ts';
import { raterHash } from './remove-rater.ts';
import { retractKeys } from './retract-keys.ts';

/** Rows erased of a rater, by where; `audit` are rows of `rater.remove` that named it by a hash. */
interface ErasedRows extends RaterRows {
  readonly audit: number;
}

/** What was, or would be, erased of a rater. */
interface RaterErasure {
  /** Twins with rows of the rater. */
  readonly twins: number;
  /** Standing votes that were taken back, so that learning forgets them. */
  readonly retracted: number;
  readonly erased: ErasedRows;
  /** Regression cases that repeat a question or an answer of the votes: the owner's own, to look at. */
  readonly cases_to_review: readonly { readonly twin_id: string; readonly case_id: string }[];
}

/** The proof: what a query of its own found afterwards. */
interface ErasureReceipt extends RaterErasure, RaterLeft {
  /** Stands in the place of the rater; random, and of this erasure only. */
  readonly pseudonym: string;
}

interface TwinErasure {
  readonly retracted: number;
  readonly rows: RaterRows;
  readonly cases: readonly string[];
}

const NOTHING: RaterRows = { votes: 0, texts: 0, traces: 0, copies: 0, llm_answers: 0, reports: 0 };

const sum = (a: RaterRows, b: RaterRows): RaterRows => ({
  votes: a.votes + b.votes,
  texts: a.texts + b.texts,
  traces: a.traces + b.traces,
  copies: a.copies + b.copies,
  llm_answers: a.llm_answers + b.llm_answers,
  reports: a.reports + b.reports,
});

function summary(twins: ReadonlyMap<string, TwinErasure>, audit: number): RaterErasure {
  const all = [...twins];
  return {
    twins: all.length,
    retracted: all.reduce((total, [, { retracted }]) => total + retracted, 0),
    erased: { ...all.reduce((total, [, { rows }]) => sum(total, rows), NOTHING), audit },
    cases_to_review: all.flatMap(([twin_id, { cases }]) => cases.map((case_id) => ({ twin_id, case_id }))),
  };
}

/** Counts what `eraseRater` would do to a tenant, and writes nothing. */
export async function previewErasure({ db }: OpenDatabase, tenantId: string, raterId: string): Promise<RaterErasure> {
  const twins = new Map<string, TwinErasure>();
  for await (const { twin_id, found } of findRater(db, await listTwinIds(db, tenantId), raterId)) {
    if (!found) continue;
    const who = { twin_id, rater_id: raterId };
    const standing = await standingKeysOf(db, twin_id, raterId);
    twins.set(twin_id, {
      retracted: standing.length,
      rows: await db.transaction((tx) => countRaterRows(tx, who)),
      cases: await findCasesLike(db, who),
    });
  }
  return summary(twins, await countAuditOf(db, tenantId, raterHash(raterId)));
}

export interface ErasureRequest {
  readonly tenant_id: string;
  readonly rater_id: string;
  readonly actor: string;
  /** Told of each twin in which votes were taken back, once that is stored. */
  readonly erasedIn?: (twinId: string) => void;
}

/**
 * Takes back every vote of a rater in every twin of a tenant, and erases what they said and who it was: a transaction a
 * twin, under its lock. The receipt comes last, when a query has found nothing left, and is an audit row too. After a
 * failure on the way, saying it again does the rest; votes that come in after their twin's turn are new ones.
 */
export async function eraseRater(database: OpenDatabase, request: ErasureRequest): Promise<ErasureReceipt> {
  const { db } = database;
  const { tenant_id, rater_id, actor } = request;
  const pseudonym = `erased:${randomUUID()}`;
  const twins = new Map<string, TwinErasure>();
  const covered = new Map<string, number>();
  for await (const { twin_id, last_seq, found } of findRater(db, await listTwinIds(db, tenant_id), rater_id)) {
    covered.set(twin_id, last_seq);
    const done = found ? await eraseInTwin(database, twin_id, request, pseudonym) : undefined;
    if (done === undefined) continue;
    covered.set(twin_id, done.last_seq);
    twins.set(twin_id, done);
    if (done.retracted > 0) request.erasedIn?.(twin_id);
  }
  return db.transaction(async (tx) => {
    const hash = raterHash(rater_id);
    const audit = await eraseRaterAudit(tx, tenant_id, { hash, pseudonym });
    const ids = await listTwinIds(tx, tenant_id);
    const upTo = ids.map((twin_id) => ({ twin_id, up_to: covered.get(twin_id) ?? 0 }));
    const votes = await countVotesLeft(tx, rater_id, upTo);
    const remaining = votes.remaining + (await countAuditOf(tx, tenant_id, hash));
    if (remaining > 0) throw new Error(`${remaining} rows of a rater are left after its erasure`);
    const receipt = { pseudonym, ...summary(twins, audit), ...votes, remaining };
    await writeAudit(tx, { tenant_id, twin_id: null, actor, action: 'rater.erased', detail: { ...receipt } });
    return receipt;
  });
}

/** Undefined when the twin was purged meanwhile, or another erasure came first. */
async function eraseInTwin(
  { db }: OpenDatabase,
  twin_id: string,
  { tenant_id, rater_id, actor }: ErasureRequest,
  pseudonym: string,
): Promise<(TwinErasure & { readonly last_seq: number }) | undefined> {
  return db.transaction(async (tx) => {
    const locked = (await lockTwins(tx, [twin_id])).get(twin_id);
    const who = { twin_id, rater_id };
    if (locked === undefined || !(await hasRaterRows(tx, who))) return undefined;
    // A deleted twin learns nothing any more, and its purge may take its time.
    const { retracted } = locked.deleted
      ? { retracted: 0 }
      : await retractKeys(tx, locked, await standingKeysOf(tx, twin_id, rater_id));
    const cases = await findCasesLike(tx, who);
    const { open_job_id, last_seq } = locked.state;
    const rows = await eraseRaterRows(tx, who, { pseudonym, open_job_id });
    const detail = { pseudonym, retracted, erased: rows };
    await writeAudit(tx, { tenant_id, twin_id, actor, action: 'rater.erase', detail });
    return { retracted, rows, cases, last_seq: last_seq + retracted };
  });
}
