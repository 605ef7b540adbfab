import type { KeyState, LedgerRow } from '../db/ledger.ts';
import type { PromptTrace } from '../db/prompts.ts';
import { trains } from '../db/trained.ts';
import type { VotedTwin, VoteGroup } from '../db/vote-group.ts';
import type { LearningDecision } from '../learning/decide.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import { decideTwin } from './decide-twin.ts';
import { foldRow } from './fold-votes.ts';
import type { NewVote, VoteResult } from './vote.ts';

/** A twin's row as this transaction has changed it so far. */
interface Progress {
  readonly locked: VotedTwin;
  pending: number;
  seq: number;
  /** One of the votes was this twin's: one that a tenant only names stays as it is. */
  voted: boolean;
}

/** What votes say of an import: see `recordVotes`. */
export type Learn = 'now' | 'later' | 'unchanged';

/** How long a batch that is not the last of its import puts learning off; an importer that died is not waited for. */
const DEFER_MS = 120_000;

/** A vote with the ids that it is stored under, whichever attempt stores it. */
export interface NamedVote {
  readonly vote: NewVote;
  readonly twin_id: string;
  readonly trace_id: string;
  readonly event_id: string;
  readonly vote_key: string;
  readonly body_hash: string;
}

interface Circumstances {
  readonly defaults: LearningDefaults;
  readonly learn: Learn;
  /** An earlier attempt may have committed and not heard of it. */
  readonly again: boolean;
}

/**
 * What a group of votes does to a ledger that is locked: an answer to each, the rows to add, the twins' new counts.
 * What comes in is added to the group's event ids and keys.
 */
export function takeInVotes(
  named: readonly NamedVote[],
  { twins, eventIds, keys, traces }: VoteGroup,
  { defaults, learn, again }: Circumstances,
) {
  const progress = new Map<string, Progress>();
  for (const [id, twin] of twins) {
    progress.set(id, { locked: twin, pending: twin.state.pending_events, seq: twin.state.last_seq, voted: false });
  }
  const rows: LedgerRow[] = [];

  const results = named.map(({ vote: claimed, event_id, vote_key, body_hash }): VoteResult => {
    const twin = progress.get(claimed.twin_id);
    if (twin === undefined || twin.locked.deleted || twin.locked.state.tenant_id !== claimed.tenant_id) {
      return { status: 'unknown_twin' };
    }
    const vote = attributed(claimed, traces.get(`${claimed.twin_id} ${claimed.trace_id}`));
    twin.voted = true;
    const { state, now } = twin.locked;
    const trained = trains(vote.interaction_context, state.train_from);
    const eventName = `${vote.twin_id} ${event_id}`;
    const known = eventIds.get(eventName);
    if (known !== undefined && known !== body_hash) return { status: 'event_id_reused', event_id };

    const keyName = `${vote.twin_id} ${vote_key}`;
    const before = keys.get(keyName);
    const { score, reason, comment, answer, interaction_context } = vote;
    const row = { event_id, seq: twin.seq + 1, score, reason, comment, answer, interaction_context, live: trained };
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
      watermark: state.claimed_seq,
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

/** The vote with what made the answer: the server's record of the trace comes before the sender's claim. */
function attributed(claimed: NewVote, trace: PromptTrace | undefined): NewVote {
  if (trace === undefined) return claimed;
  const { interaction_context, channel, intent_label, spec_version, modules } = trace;
  const query = claimed.query ?? trace.query;
  return { ...claimed, query, interaction_context, channel, intent_label, spec_version, modules: [...modules] };
}

/** Until when an import puts learning off, after these votes. */
function deferral(learn: Learn, { deferred_until }: VotedTwin['state'], now: Date): Date | null {
  if (learn === 'unchanged') return deferred_until;
  return learn === 'later' ? new Date(now.getTime() + DEFER_MS) : null;
}

/** Whether the twin's workflow has something to do: the row itself says so, which the workflow will read too. */
function wakes({ locked: { state } }: Progress, learn: Learn, changed: boolean, learning: LearningDecision): boolean {
  if (learn === 'later') return false;
  // The end of an import: whatever its votes were, the twin may begin again.
  if (learn === 'now' && state.deferred_until !== null) return true;
  return changed && learning.enqueued;
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
