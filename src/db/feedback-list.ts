import { and, sql, type SQL } from 'drizzle-orm';
import type { Reader } from './client.ts';
import { byNumber, toPage, type Page, type PageRequest } from './page.ts';
import { trainingEvents } from './schema/ledger.ts';
import { trainedSql } from './trained.ts';

export const VOTE_STATUSES = ['pending', 'used', 'not_counted', 'retracted', 'replaced'] as const;
type VoteStatus = (typeof VOTE_STATUSES)[number];

export interface VoteFilter {
  readonly status?: VoteStatus | undefined;
  readonly rater_id?: string | undefined;
  readonly trace_id?: string | undefined;
}

type Ledger = typeof trainingEvents.$inferSelect;

/** A vote as it was cast, and what became of it. Instants are ISO 8601. */
export interface VoteRow extends Record<string, unknown> {
  readonly event_id: string;
  readonly trace_id: string;
  readonly message_id: string;
  readonly rater_id: string | null;
  readonly source: Ledger['source'];
  readonly score: -1 | 1;
  readonly reason: string | null;
  readonly comment: string | null;
  readonly query: string | null;
  readonly answer: string | null;
  readonly conversation_id: string | null;
  readonly intent_label: string;
  readonly interaction_context: Ledger['interaction_context'];
  readonly channel: Ledger['channel'];
  readonly spec_version: string | null;
  readonly module_ids: string[];
  readonly occurred_at: string;
  readonly created_at: string;
  /** It stands, and waits for a run. */
  readonly pending: boolean;
  /** Id of the run that took it into account. */
  readonly used: string | null;
  readonly not_counted: 'context_not_trained' | null;
  readonly retracted: boolean;
  readonly replaced: boolean;
}

const STATUS_SQL: Readonly<Record<VoteStatus, SQL>> = {
  pending: sql`pending`,
  used: sql`used is not null`,
  not_counted: sql`not_counted is not null`,
  retracted: sql`retracted`,
  replaced: sql`replaced`,
};

const iso = (column: string) => sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/** A page of a twin's votes, replaced and retracted ones too. Tenancy is the caller's to check. */
export async function listVotes(
  db: Reader,
  twinId: string,
  filter: VoteFilter,
  request: PageRequest,
): Promise<Page<VoteRow>> {
  const keyset = byNumber(request, trainingEvents.seq);
  const trained = trainedSql('e');
  const where = and(
    sql`true`,
    filter.status && STATUS_SQL[filter.status],
    filter.rater_id === undefined ? undefined : sql`rater_id = ${filter.rater_id}`,
    filter.trace_id === undefined ? undefined : sql`trace_id = ${filter.trace_id}`,
    keyset.where,
  );
  const rows = await db.execute<VoteRow & { key: string }>(sql`
    select * from (
      select e.seq::text as key, e.seq, e.event_id, e.trace_id, e.message_id, e.rater_id, e.source, e.score, e.reason,
        e.comment, e.query, e.answer, e.conversation_id, e.intent_label, e.interaction_context, e.channel,
        e.spec_version, array(select m ->> 'id' from jsonb_array_elements(e.modules) m) as module_ids,
        ${iso('e.occurred_at')} as occurred_at, ${iso('e.created_at')} as created_at,
        n.seq is null and ${trained} and e.seq > s.claimed_seq as pending,
        case when ${trained} and (n.seq is null or n.seq > r.to_seq) then r.id end as used,
        case when not ${trained} then 'context_not_trained' end as not_counted,
        coalesce(n.score = 0, false) as retracted, coalesce(n.score <> 0, false) as replaced
      from persona_training_events e
      join twin_state s on s.twin_id = e.twin_id
      left join lateral (
        select later.seq, later.score from persona_training_events later
        where later.twin_id = e.twin_id and later.vote_key = e.vote_key and later.seq > e.seq order by later.seq limit 1
      ) n on true
      left join lateral (
        select run.id, run.to_seq from persona_feedback_learning_runs run
        where run.twin_id = e.twin_id and run.status <> 'failed' and run.from_seq < e.seq and e.seq <= run.to_seq
        limit 1
      ) r on true
      where e.twin_id = ${twinId} and e.score <> 0
    ) persona_training_events
    where ${where} order by seq desc limit ${keyset.limit}`);
  return toPage(request, [...rows], ({ key: _key, seq: _seq, ...vote }) => vote as VoteRow);
}
