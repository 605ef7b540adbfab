import { sql } from 'drizzle-orm';
import { boolean, check, doublePrecision, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { InteractionContext, PublishDecision } from '../vocabulary.ts';
import { createdAt, instant, seq } from './columns.ts';
import { tenants } from './tenancy.ts';

export const twins = pgTable(
  'twins',
  {
    id: text('id').primaryKey(),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    name: text('name').notNull(),
    created_at: createdAt(),
    /** From here on gone for every reader; the row stays as a tombstone, so that the id is never reused. */
    deleted_at: instant('deleted_at'),
    purged_at: instant('purged_at'),
    /** Rows that the purge has deleted so far, by table: an attempt that is broken off loses no count. */
    purged_rows: jsonb('purged_rows').$type<Record<string, number>>(),
  },
  (t) => [
    index('twins_by_tenant').on(t.tenant_id, t.created_at),
    index('twins_to_purge')
      .on(t.deleted_at)
      .where(sql`deleted_at is not null and purged_at is null`),
  ],
);

/** The lock of a twin and all that decides when it learns. Nobody writes a twin's ledger, jobs or specs without it. */
export const twinState = pgTable(
  'twin_state',
  {
    twin_id: text('twin_id')
      .primaryKey()
      .references(() => twins.id),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    min_events: integer('min_events'),
    cooldown_minutes: doublePrecision('cooldown_minutes'),
    auto_publish: boolean('auto_publish'),
    run_regression_gate: boolean('run_regression_gate'),
    trial_share: doublePrecision('trial_share'),
    train_from: text('train_from').array().$type<InteractionContext[]>(),
    paused_at: instant('paused_at'),
    /** Keys whose effective vote changed since the watermark; its definition is `countPending` in db/ledger.ts. */
    pending_events: integer('pending_events').notNull().default(0),
    /** Highest number given to a ledger row of this twin. */
    last_seq: seq('last_seq').notNull().default(0),
    /** Watermark: rows up to here are taken into a run that did not fail. */
    claimed_seq: seq('claimed_seq').notNull().default(0),
    last_claimed_at: instant('last_claimed_at'),
    cooldown_until: instant('cooldown_until'),
    /** An import is under way: no unforced run begins before this instant, which each of its batches puts off. */
    deferred_until: instant('deferred_until'),
    failures: integer('failures').notNull().default(0),
    backoff_until: instant('backoff_until'),
    open_job_id: uuid('open_job_id'),
    active_version: text('active_version'),
    /** A probation of the live version runs, until this instant at the latest; null while none does. */
    probation_until: instant('probation_until'),
    last_decision: text('last_decision').$type<PublishDecision | 'failed'>(),
    oldest_pending_at: instant('oldest_pending_at'),
    /** Ledger rows up to here hold no texts any more: they are of age. */
    texts_erased_seq: seq('texts_erased_seq').notNull().default(0),
    /** Ledger rows up to here are deleted. */
    votes_deleted_seq: seq('votes_deleted_seq').notNull().default(0),
    /** No row that may hold a text came in before this instant; a bound, so that age needs no index of the ledger. */
    oldest_text_at: instant('oldest_text_at')
      .notNull()
      .default(sql`'epoch'`),
    /** No row came in before this instant. */
    oldest_vote_at: instant('oldest_vote_at')
      .notNull()
      .default(sql`'epoch'`),
    /** When votes of a rater were last erased: what a model answers about texts read before is not kept. */
    rater_erased_at: instant('rater_erased_at'),
    updated_at: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    // Not by pending_events: a column that each vote changes would make each vote write every index (no HOT update).
    index('twin_state_due')
      .on(t.oldest_pending_at)
      .where(sql`oldest_pending_at is not null and open_job_id is null and paused_at is null`),
    index('twin_state_probation')
      .on(t.probation_until)
      .where(sql`probation_until is not null`),
    // What few twins are: by these a list of twins in such a state finds them.
    index('twin_state_unusual')
      .on(t.tenant_id)
      .where(
        sql`paused_at is not null or open_job_id is not null or backoff_until is not null or probation_until is not null`,
      ),
    index('twin_state_cooling').on(t.tenant_id, t.cooldown_until),
    index('twin_state_oldest_text').on(t.tenant_id, t.oldest_text_at, t.twin_id),
    index('twin_state_oldest_vote')
      .on(t.oldest_vote_at, t.twin_id)
      .where(sql`votes_deleted_seq < claimed_seq`),
    check('valid_trial_share', sql`trial_share between 0 and 0.2`),
    check('pending_not_negative', sql`pending_events >= 0`),
    check('watermark_within_ledger', sql`claimed_seq between 0 and last_seq`),
    check('texts_erased_within_ledger', sql`texts_erased_seq between 0 and last_seq`),
    check('votes_deleted_within_watermark', sql`votes_deleted_seq between 0 and least(claimed_seq, texts_erased_seq)`),
  ],
);
