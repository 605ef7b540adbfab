import type { InteractionContext } from '../db/vocabulary.ts';
import type { LearningDecision } from '../learning/decide.ts';
import type { Channel, Intent } from '../persona/intents.ts';

/** A vote as its sender has it. Context, intent and modules are claims: the server's record of the trace comes before them. */
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
      /** Up to which number the twin's votes are taken into runs: another one than before, and something was taken. */
      readonly watermark: number;
      /** Whether a probation runs that the vote may decide: it wakes too, but seldom. */
      readonly watched: boolean;
    }
  | { readonly status: 'event_id_reused'; readonly event_id: string }
  | { readonly status: 'unknown_twin' };
