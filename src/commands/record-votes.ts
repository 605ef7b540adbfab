import { randomUUID } from 'node:crypto';
import type { OpenDatabase } from '../db/client.ts';
import { insertLedgerRows, readEventIds, readKeys, type KeyState, type LedgerRow } from '../db/ledger.ts';
import { pipelined } from '../db/pipeline.ts';
import { runAgain } from '../db/run-again.ts';
import { lockTwins, updateVoteCounts, type LockedTwin, type TwinStateRow } from '../db/twin-lock.ts';
import { trains } from '../db/trained.ts';
import type { InteractionContext } from '../db/vocabulary.ts';
import type { LearningDecision } from '../learning/decide.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import type { Channel, Intent } from '../persona/intents.ts';
import { decideTwin } from './decide-twin.ts';
import { foldRow } from './fold-votes.ts';
import { bodyHash, judgeKey, voteKey } from './vote-key.ts';

/** A vote whose trace has been looked up: context, intent and modules are the server's record where there is one. */
export interface NewVote {
  readonly tenant_id: string;
  readonly twin_id: string;
  readonly trace_id: string;
  /** '' when the vote is on the whole trace. */
  readonly message_id: string;
  /** Null is anonymous. */
  readonly rater_id: string | null;
  readonly event_id: string | null;
  readonly score: 1 | -1;
  readonly reason: string | null;
  readonly comment: string | null;
  readonly query: string | null;
  readonly answer: string | null;
  readonly conversation_id: string | null;
  readonly intent_label: Intent;
  readonly interaction_context: InteractionContext;
  readonly channel: Channel;
  readonly spec_version: string | null;
  readonly modules: { readonly id: string; readonly hash: string }[];
  /** Null is now, by Postgres' clock. */
  readonly occurred_at: Date | null;
  readonly source: 'feedback' | 'persona_audit' | 'manual_import';
}

export type VoteResult =
  | {
      readonly status: 'stored';
      readonly event_id: string;
      readonly duplicate: boolean;
      readonly counted: boolean;
      readonly not_counted_reason?: 'context_not_trained';
      readonly learning: LearningDecision;
      /** Whether the twin's workflow has something new to look at. */
      readonly wake: boolean;
      /** Whether a probation runs that the vote may decide: it wakes too, but seldom. */
      readonly watched: boolean;
    }
  | { readonly status: 'event_id_reused'; readonly event_id: string }
  | { readonly status: 'unknown_twin' };

/** A twin's row as this transaction has changed it so far. */
interface Progress {
  readonly locked: LockedTwin;
  pending: number;
  seq: number;
  /** One of the votes was this twin's: one that a tenant only names stays as it is. */
  voted: boolean;
}

type Learn = 'now' | 'later' | 'unchanged';

/** How long a batch that is not the last of its import puts learning off; an importer that died is not waited for. */
const DEFER_MS = 120_000;

/**
 * Stores votes in one transaction and answers each in the order given: later votes of a group see the earlier ones.
 * `learn: 'later'` is for all but the last batch of an import: the twins begin no unforced run until the last one, or
 * for two minutes; 'unchanged' is for a vote that may come in meanwhile. Throws what Postgres throws; then none is stored.
 */
export async function recordVotes(
  { sql }: OpenDatabase,
  votes: readonly NewVote[],
  defaults: LearningDefaults,
  learn: Learn = 'now',
): Promise<VoteResult[]> {
  // Fixed before the transaction, so that running it again stores the same rows.
  const named = votes.map((vote): NamedVote => {
    const event_id = vote.event_id ?? randomUUID();
    const vote_key = vote.source === 'persona_audit' ? judgeKey(vote, event_id) : voteKey(vote);
    return { vote, twin_id: vote.twin_id, event_id, vote_key, body_hash: bodyHash(vote) };
  });
  const twinIds = [...new Set(votes.map((vote) => vote.twin_id))];
  return runAgain((again) =>
    pipelined(sql, async (tx) => {
      // Sent together, run in this order: what is read was committed before the lock was had.
      const [locked, eventIds, keys] = await Promise.all([
        lockTwins(tx, twinIds),
        readEventIds(tx, named),
        readKeys(tx, named),
      ]);
      const { results, rows, counts } = takeIn(named, { locked, eventIds, keys, defaults, learn, again });
      return { value: results, writes: [insertLedgerRows(tx, rows), updateVoteCounts(tx, counts)] };
    }),
  );
}

interface NamedVote {
  readonly vote: NewVote;
  readonly twin_id: string;
  readonly event_id: string;
  readonly vote_key: string;
  readonly body_hash: string;
}

interface Ledger {
  readonly locked: ReadonlyMap<string, LockedTwin>;
  /** By `<twin_id> <event_id>`; what comes in is added. */
  readonly eventIds: Map<string, string>;
  /** By `<twin_id> <vote_key>`; what comes in is added. */
  readonly keys: Map<string, KeyState>;
  readonly defaults: LearningDefaults;
  readonly learn: Learn;
  /** An earlier attempt may have committed and not heard of it. */
  readonly again: boolean;
}

/** What a group of votes does to a ledger that is locked: an answer to each, the rows to add, the twins' new counts. */
function takeIn(named: readonly NamedVote[], { locked, eventIds, keys, defaults, learn, again }: Ledger) {
  const progress = new Map<string, Progress>();
  for (const [id, twin] of locked) {
    progress.set(id, { locked: twin, pending: twin.state.pending_events, seq: twin.state.last_seq, voted: false });
  }
  const rows: LedgerRow[] = [];

  const results = named.map(({ vote, event_id, vote_key, body_hash }): VoteResult => {
    const twin = progress.get(vote.twin_id);
    if (twin === undefined || twin.locked.deleted || twin.locked.state.tenant_id !== vote.tenant_id) {
      return { status: 'unknown_twin' };
    }
    twin.voted = true;
    const { state, now } = twin.locked;
    const trained = trains(vote.interaction_context, state.train_from);
    const eventName = `${vote.twin_id} ${event_id}`;
    const known = eventIds.get(eventName);
    if (known !== undefined && known !== body_hash) return { status: 'event_id_reused', event_id };

    const keyName = `${vote.twin_id} ${vote_key}`;
    const before = keys.get(keyName);
    const row = { ...vote, event_id, seq: twin.seq + 1, live: trained };
    const fold = known === undefined ? foldRow(before, row, state.claimed_seq) : undefined;
    if (fold !== undefined && !fold.duplicate) {
      twin.seq += 1;
      twin.pending += fold.delta;
      keys.set(keyName, fold.after);
      eventIds.set(eventName, body_hash);
      rows.push(ledgerRow(vote, { event_id, vote_key, body_hash, seq: twin.seq, before, now }));
    }
    // An id of our own can only be known from an attempt whose commit we did not hear of.
    const duplicate = fold === undefined ? vote.event_id !== null : fold.duplicate;
    const changed = fold === undefined ? again : !fold.duplicate && (trained || fold.delta !== 0);
    const learning = decideTwin({ ...state, pending_events: twin.pending }, now, defaults);
    return {
      status: 'stored',
      event_id: fold?.duplicate === true && before !== undefined ? before.event_id : event_id,
      duplicate,
      counted: trained,
      ...(trained ? {} : { not_counted_reason: 'context_not_trained' as const }),
      learning,
      wake: wakes(twin, learn, changed, learning),
      watched: (again || !duplicate) && trained && state.probation_until !== null && state.paused_at === null,
    };
  });

  const counts = [...progress].flatMap(([twin_id, twin]) => {
    const { state, now } = twin.locked;
    const deferred_until = deferral(learn, state, now);
    if (!twin.voted || (twin.seq === state.last_seq && deferred_until === state.deferred_until)) return [];
    const oldest_pending_at = twin.pending === 0 ? null : (state.oldest_pending_at ?? now);
    return [{ twin_id, last_seq: twin.seq, pending_events: twin.pending, oldest_pending_at, deferred_until }];
  });
  return { results, rows, counts };
}

/** Until when an import puts learning off, after these votes. */
function deferral(learn: Learn, { deferred_until }: TwinStateRow, now: Date): Date | null {
  if (learn === 'unchanged') return deferred_until;
  return learn === 'later' ? new Date(now.getTime() + DEFER_MS) : null;
}

/** Whether the twin's workflow may have something to do: a change of what counts, or the end of an import. */
function wakes({ locked: { state } }: Progress, learn: Learn, changed: boolean, learning: LearningDecision): boolean {
  if (learn === 'later') return false;
  if (learn === 'now' && state.deferred_until !== null) return true;
  if (!changed || learning.enqueued) return changed;
  // During a probation each wake-up weighs its votes anew: only `watched` wakes then, and that seldom.
  return learning.reason === 'insufficient_events' && state.probation_until === null;
}

interface RowIdentity {
  readonly event_id: string;
  readonly vote_key: string;
  readonly body_hash: string;
  readonly seq: number;
  readonly before: KeyState | undefined;
  readonly now: Date;
}

function ledgerRow(vote: NewVote, { before, now, ...identity }: RowIdentity): LedgerRow {
  return {
    ...vote,
    ...identity,
    replaces_seq: before?.seq ?? null,
    event_type: vote.score === 1 ? 'thumb_up' : 'thumb_down',
    occurred_at: vote.occurred_at ?? now,
  };
}
