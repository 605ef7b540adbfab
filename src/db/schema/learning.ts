import { check, doublePrecision, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { GateReport, Verdict } from '../../gate/types.ts';
import type { Withheld } from '../../learning/types.ts';
import type { Operation } from '../../persona/operation.ts';
import type { NoCandidateReason, PublishDecision } from '../vocabulary.ts';
import { createdAt, instant, oneOf, seq } from './columns.ts';
import { tenants } from './tenancy.ts';
import { twins } from './twins.ts';

export const learningSnapshots = pgTable(
  'learning_snapshots',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    as_of: instant('as_of').notNull(),
    /** Highest ledger number of each twin that the snapshot covers. */
    seqs: jsonb('seqs').$type<Record<string, number>>().notNull(),
    /** The version each of them published then: whose module texts the fit takes as current. */
    versions: jsonb('versions').$type<Record<string, string>>().notNull(),
  },
  // A purge takes its twin out of each of them.
  (t) => [index('learning_snapshots_by_tenant').on(t.tenant_id, t.id)],
);

export const learningRuns = pgTable(
  'persona_feedback_learning_runs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    job_id: uuid('job_id').notNull(),
    status: text('status').$type<'running' | 'completed' | 'failed'>().notNull(),
    publish_decision: text('publish_decision').$type<PublishDecision>(),
    reason: text('reason').$type<
      | NoCandidateReason
      | 'gate_failed'
      | 'auto_publish_off'
      | 'gate_inconclusive'
      | 'paused'
      | 'probation_active'
      | 'worded_by_model'
    >(),
    /** The run takes the ledger's (from_seq, to_seq]. */
    from_seq: seq('from_seq').notNull(),
    to_seq: seq('to_seq').notNull(),
    events_scanned: integer('events_scanned').notNull().default(0),
    events_processed: integer('events_processed').notNull().default(0),
    snapshot_id: uuid('snapshot_id').references(() => learningSnapshots.id),
    candidate_version: text('candidate_version'),
    parent_version: text('parent_version'),
    /** Times the job learned anew because the active spec had changed under it; 1 at most. */
    relearned: integer('relearned').notNull().default(0),
    suppressed: jsonb('suppressed').$type<Withheld[]>().notNull().default([]),
    gate_report: jsonb('gate_report').$type<GateReport>(),
    verdict: text('verdict').$type<Verdict>(),
    summary: text('summary').array().notNull().default([]),
    created_at: createdAt(),
    completed_at: instant('completed_at'),
  },
  (t) => [
    index('persona_feedback_learning_runs_newest').on(t.twin_id, t.created_at, t.id),
    uniqueIndex('persona_feedback_learning_runs_job').on(t.job_id),
    check('valid_run_status', oneOf('status', ['running', 'completed', 'failed'])),
    check('valid_publish_decision', oneOf('publish_decision', ['published', 'held', 'refused', 'no_candidate'])),
  ],
);

export const vetoes = pgTable(
  'vetoes',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    path: text('path').notNull(),
    op: text('op').$type<Operation['op']>().notNull(),
    /** The value proposed then; 'up' or 'down' for a confidence. */
    to: jsonb('to').$type<unknown>(),
    cause: text('cause').$type<'rejected' | 'rolled_back'>().notNull(),
    version: text('version').notNull(),
    effective_votes: doublePrecision('effective_votes').notNull(),
    events: integer('events').notNull(),
    created_at: createdAt(),
    created_by: text('created_by').notNull(),
    cleared_at: instant('cleared_at'),
    cleared_by: text('cleared_by'),
  },
  (t) => [index('vetoes_by_twin').on(t.twin_id, t.created_at)],
);
