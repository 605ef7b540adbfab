import { sql } from 'drizzle-orm';
import {
  insertSql,
  keysSql,
  readKeyFields,
  type KeyFields,
  type KeyRef,
  type KeyState,
  type LedgerRow,
} from './ledger.ts';
import type { Send } from './pipeline.ts';
import { tracesSql, type PromptTrace } from './prompts.ts';
import { statement } from './statement.ts';
import { lockSql, twinReader, twinsSql, type LockedTwin, type TwinFields, type TwinStateRow } from './twin-lock.ts';

/** What decides about votes, and what they change: less than a whole row, for it is read for each twin of each group. */
const TWIN_KEYS = [
  'twin_id',
  'tenant_id',
  'min_events',
  'cooldown_minutes',
  'train_from',
  'paused_at',
  'pending_events',
  'last_seq',
  'claimed_seq',
  'cooldown_until',
  'deferred_until',
  'open_job_id',
  'probation_until',
  'oldest_pending_at',
] as const satisfies (keyof TwinStateRow)[];

export type VotedTwin = LockedTwin<Pick<TwinStateRow, (typeof TWIN_KEYS)[number]>>;

/** All that a group of votes needs to know, under the lock of its twins. */
export interface VoteGroup {
  /** By id; twins that there are not are absent. */
  readonly twins: Map<string, VotedTwin>;
  /** Body hash of each event id that is in the ledger, by `<twin_id> <event_id>`. */
  readonly eventIds: Map<string, string>;
  /** State of each key that has a row, by `<twin_id> <vote_key>`. */
  readonly keys: Map<string, KeyState>;
  /** The recorded prompt of each trace that has one, by `<twin_id> <trace_id>`. */
  readonly traces: Map<string, PromptTrace>;
}

export type VoteRef = KeyRef & { readonly event_id: string; readonly trace_id: string };

/** What votes change of a twin. */
export type VoteCounts = Pick<
  TwinStateRow,
  'twin_id' | 'last_seq' | 'pending_events' | 'oldest_pending_at' | 'deferred_until'
>;

const ids = sql`${sql.placeholder('ids')}::text[]`;

const lock = statement<'ids'>(lockSql(ids));

const read = statement<'ids' | 'votes'>(sql`
  with v as materialized (
    select * from json_to_recordset(${sql.placeholder('votes')}::json)
      as r(twin_id text, event_id text, vote_key text, trace_id text)
  )
  select
    (select json_agg(s) from (${twinsSql(ids, TWIN_KEYS)}) s) as twins,
    (select json_agg(e) from (
      select e.twin_id, e.event_id, e.body_hash from v
      join persona_training_events e on e.twin_id = v.twin_id and e.event_id = v.event_id
    ) e) as events,
    (select json_agg(k) from (${keysSql(sql`v`)}) k) as keys,
    (select json_agg(p) from (${tracesSql(sql`v`)}) p) as traces`);

const write = statement<'rows' | 'counts'>(sql`
  with added as (${insertSql(sql`${sql.placeholder('rows')}::json`)})
  update twin_state s set last_seq = c.last_seq, pending_events = c.pending_events,
    oldest_pending_at = c.oldest_pending_at, deferred_until = c.deferred_until, updated_at = clock_timestamp()
  from json_to_recordset(${sql.placeholder('counts')}::json) as c(twin_id text, last_seq bigint, pending_events int,
    oldest_pending_at timestamptz, deferred_until timestamptz)
  where s.twin_id = c.twin_id`);

const readTwins = twinReader(TWIN_KEYS);

interface Found {
  readonly twins: readonly TwinFields[] | null;
  readonly events: readonly { twin_id: string; event_id: string; body_hash: string }[] | null;
  readonly keys: readonly KeyFields[] | null;
  readonly traces: readonly (PromptTrace & { twin_id: string })[] | null;
}

const NOTHING: Found = { twins: null, events: null, keys: null, traces: null };

/** Locks the twins of a group and reads it: two statements, of which the second sees what the lock waited for. */
export async function openVoteGroup(send: Send, votes: readonly VoteRef[]): Promise<VoteGroup> {
  const twinIds = [...new Set(votes.map(({ twin_id }) => twin_id))];
  const refs = votes.map(({ twin_id, event_id, vote_key, trace_id }) => ({ twin_id, event_id, vote_key, trace_id }));
  const [, [found = NOTHING]] = await Promise.all([
    send(lock({ ids: twinIds })),
    send<Found>(read({ ids: twinIds, votes: JSON.stringify(refs) })),
  ]);
  return {
    twins: readTwins(found.twins ?? []),
    eventIds: new Map((found.events ?? []).map((row) => [`${row.twin_id} ${row.event_id}`, row.body_hash])),
    keys: readKeyFields(found.keys ?? []),
    traces: new Map((found.traces ?? []).map((row) => [`${row.twin_id} ${row.trace_id}`, row])),
  };
}

/** Adds a group's rows to the ledger and writes its twins' counts, in one statement; none when there is nothing. */
export function writeVoteGroup(
  send: Send,
  rows: readonly LedgerRow[],
  counts: readonly VoteCounts[],
): readonly Promise<unknown>[] {
  if (counts.length === 0) return [];
  return [send(write({ rows: JSON.stringify(rows), counts: JSON.stringify(counts) }))];
}
