import { randomBytes } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import type { Transaction } from './client.ts';
import {
  countRaterRows,
  isAuditOf,
  isCopy,
  isTraceOf,
  joiningByHash,
  namedIn,
  raterVotes,
  REPORTED,
  type RaterInTwin,
  type RaterRows,
} from './rater-rows.ts';

/** SHA-256 with a salt that nobody keeps: equal values stay equal within one twin, and no guess can be checked. */
const veiled = (column: string, salt: string): SQL =>
  sql`encode(sha256(convert_to(${salt}::text || ${sql.raw(column)}, 'UTF8')), 'hex')`;

/** In the place of an id that came from outside. */
const veiledId = (column: string, salt: string): SQL => sql`'erased:' || ${veiled(column, salt)}`;

/**
 * Erases what a twin that is locked holds of a rater, and puts a pseudonym in its place: no text, and no id that its
 * sender knows, is left. The rows stay, so that numbers, ranges and pending counts do. Rows erased, by where.
 */
export async function eraseRaterRows(
  tx: Transaction,
  who: RaterInTwin,
  { pseudonym, open_job_id }: { readonly pseudonym: string; readonly open_job_id: string | null },
): Promise<RaterRows> {
  const salt = randomBytes(32).toString('hex');
  // An attempt under way has read the texts: it is fenced out, and the next one reads what is left.
  if (open_job_id !== null) await tx.execute(sql`update jobs set epoch = epoch + 1 where id = ${open_job_id}`);
  let reports = 0;
  for (const table of REPORTED) reports += await veilReports(tx, who, table, salt);
  const [copies, traces] = await joiningByHash(tx, async () => [
    await tx.execute(sql`update persona_training_events e set query = null where ${isCopy(who)} returning 1`),
    await tx.execute(sql`update prompt_traces p set query = null where ${isTraceOf(who)} returning 1`),
  ]);
  const answers = await tx.execute(sql`delete from llm_answers where twin_id = ${who.twin_id} returning 1`);
  const { texts } = await findNothingElse(tx, who);

  const votes = await tx.execute(sql`
    update persona_training_events set rater_id = ${pseudonym}, event_id = ${veiledId('event_id', salt)},
      vote_key = ${veiled('vote_key', salt)}, body_hash = ${veiled('body_hash', salt)},
      trace_id = ${veiledId('trace_id', salt)},
      message_id = case message_id when '' then '' else ${veiled('message_id', salt)} end, conversation_id = null,
      comment = null, query = null, answer = null
    where twin_id = ${who.twin_id} and rater_id = ${who.rater_id} returning 1`);
  await tx.execute(sql`update twin_state set rater_erased_at = clock_timestamp() where twin_id = ${who.twin_id}`);
  return {
    votes: votes.length,
    texts,
    traces: traces.length,
    copies: copies.length,
    llm_answers: answers.length,
    reports,
  };
}

/** Gives the rater's votes in gate reports the ids that they will have in the ledger; in how many reports. */
async function veilReports(tx: Transaction, who: RaterInTwin, table: string, salt: string): Promise<number> {
  const veil = sql`
    select jsonb_agg(case when id #>> '{}' in (${namedIn(who)})
      then to_jsonb(${veiledId("(id #>> '{}')", salt)}) else id end order by n)
    from jsonb_array_elements(c.value #> '{data,event_ids}') with ordinality ids(id, n)`;
  const checks = sql`
    select jsonb_agg(case when jsonb_array_length(c.value #> '{data,event_ids}') > 0
      then jsonb_set(c.value, '{data,event_ids}', (${veil})) else c.value end order by c.n)
    from jsonb_array_elements(r.gate_report -> 'checks') with ordinality c(value, n)`;
  const rows = await tx.execute(sql`
    update ${sql.identifier(table)} r set gate_report = jsonb_set(r.gate_report, '{checks}', (${checks}))
    where r.twin_id = ${who.twin_id} and exists (${namedIn(who)}) returning 1`);
  return rows.length;
}

/** Asks again, while the votes still say whose they are: nothing of the rater is left but the votes themselves. */
async function findNothingElse(tx: Transaction, who: RaterInTwin): Promise<RaterRows> {
  const rows = await countRaterRows(tx, who);
  const { votes: _votes, texts: _texts, ...elsewhere } = rows;
  const left = Object.entries(elsewhere).filter(([, count]) => count > 0);
  if (left.length === 0) return rows;
  const places = left.map(([place, count]) => `${count} ${place}`).join(', ');
  throw new Error(`${places} of a rater are left in twin ${who.twin_id} after the erasure`);
}

/** Puts the pseudonym in the place of the rater's hash in the tenant's audit log; in how many rows. */
export async function eraseRaterAudit(
  tx: Transaction,
  tenantId: string,
  { hash, pseudonym }: { readonly hash: string; readonly pseudonym: string },
): Promise<number> {
  const rows = await tx.execute(sql`
    update audit_log set detail = detail || jsonb_build_object('rater', ${pseudonym}::text)
    where ${isAuditOf(tenantId, hash)} returning 1`);
  return rows.length;
}

/** Whether the rater has rows in a twin, under its lock. */
export async function hasRaterRows(tx: Transaction, who: RaterInTwin): Promise<boolean> {
  const rows = await tx.execute(sql`select 1 from ${raterVotes(who)} v limit 1`);
  return rows.length > 0;
}
