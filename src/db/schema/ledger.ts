import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, smallint, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Channel } from '../../persona/intents.ts';
import type { InteractionContext } from '../vocabulary.ts';
import { createdAt, instant, seq } from './columns.ts';

/**
 * The ledger. Rows are only added: a replacement or a retraction is a new row that names the old one. Age takes texts and
 * in the end rows out of it, the erasure of a rater takes texts and names.
 */
export const trainingEvents = pgTable(
  'persona_training_events',
  {
    /** No reference: a row is added only under the lock of its twin, and a reference would lock another row for each. */
    twin_id: text('twin_id').notNull(),
    /** The twin's. No reference of its own either. */
    tenant_id: text('tenant_id').notNull(),
    seq: seq('seq').notNull(),
    event_id: text('event_id').notNull(),
    source: text('source').$type<'feedback' | 'persona_audit' | 'manual_import'>().notNull(),
    event_type: text('event_type').$type<'thumb_up' | 'thumb_down' | 'retraction'>().notNull(),
    trace_id: text('trace_id').notNull(),
    message_id: text('message_id').notNull().default(''),
    /** Null is anonymous. */
    rater_id: text('rater_id'),
    /** Hash of (trace, message, rater): what a later vote replaces. */
    vote_key: text('vote_key').notNull(),
    replaces_seq: seq('replaces_seq'),
    score: smallint('score').$type<-1 | 0 | 1>().notNull(),
    reason: text('reason'),
    comment: text('comment'),
    query: text('query'),
    answer: text('answer'),
    /** Hash of all that the caller said, to tell a repeated event id from a reused one. */
    body_hash: text('body_hash').notNull(),
    conversation_id: text('conversation_id'),
    interaction_context: text('interaction_context').$type<InteractionContext>().notNull(),
    intent_label: text('intent_label').notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    spec_version: text('spec_version'),
    /** The modules that made the answer, each with the hash of its text where the server recorded it. */
    modules: jsonb('modules').$type<{ id: string; hash: string }[]>().notNull(),
    occurred_at: instant('occurred_at').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.twin_id, t.seq] }),
    uniqueIndex('persona_training_events_event').on(t.twin_id, t.event_id),
    index('persona_training_events_key').on(t.twin_id, t.vote_key, t.seq),
    check('valid_score', sql`score in (-1, 0, 1)`),
  ],
);
