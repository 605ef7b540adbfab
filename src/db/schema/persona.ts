import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { GateReport, RegressionCase } from '../../gate/types.ts';
import type { ProbationOutcome } from '../../learning/probation.ts';
import type { Channel } from '../../persona/intents.ts';
import type { Manifest } from '../../persona/operation.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import type { InteractionContext, SpecOrigin, SpecReview, SpecStatus } from '../vocabulary.ts';
import { createdAt, instant, oneOf, seq } from './columns.ts';
import { tenants } from './tenancy.ts';
import { twins } from './twins.ts';

export const personaSpecs = pgTable(
  'persona_specs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    version: text('version').notNull(),
    status: text('status').$type<SpecStatus>().notNull(),
    origin: text('origin').$type<SpecOrigin>().notNull(),
    review: text('review').$type<SpecReview>(),
    parent_version: text('parent_version'),
    parent_hash: text('parent_hash'),
    /** On a rollback: the version whose content it brings back. */
    restores_version: text('restores_version'),
    spec: jsonb('spec').$type<PersonaSpec>().notNull(),
    content_hash: text('content_hash').notNull(),
    manifest: jsonb('manifest').$type<Manifest>().notNull().default([]),
    notes: text('notes'),
    run_id: uuid('run_id'),
    gate_report: jsonb('gate_report').$type<GateReport>(),
    created_at: createdAt(),
    created_by: text('created_by').notNull(),
    published_at: instant('published_at'),
    published_by: text('published_by'),
    acknowledged: text('acknowledged').array(),
    reason: text('reason'),
    /** Of a learned version that was published: how the watch after publishing stands or ended. */
    probation: text('probation').$type<ProbationOutcome>(),
    probation_ended_at: instant('probation_ended_at'),
    /** The twin's highest ledger number when this was published. */
    published_seq: seq('published_seq'),
  },
  (t) => [
    uniqueIndex('persona_specs_version').on(t.twin_id, t.version),
    uniqueIndex('persona_specs_one_active')
      .on(t.twin_id)
      .where(sql`status = 'active'`),
    uniqueIndex('persona_specs_one_held')
      .on(t.twin_id)
      .where(sql`review = 'held'`),
    index('persona_specs_newest').on(t.twin_id, t.created_at, t.id),
    check('valid_probation', oneOf('probation', ['running', 'kept', 'undecided', 'rolled_back'])),
    check('valid_spec_status', oneOf('status', ['draft', 'active', 'archived'])),
    check('valid_spec_origin', oneOf('origin', ['owner', 'learned', 'rollback'])),
    check('valid_spec_review', oneOf('review', ['held', 'approved', 'rejected', 'superseded'])),
  ],
);

/** What made an answer, recorded when its prompt was compiled; a vote on that trace is attributed by it. */
export const promptTraces = pgTable(
  'prompt_traces',
  {
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    trace_id: text('trace_id').notNull(),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    spec_version: text('spec_version').notNull(),
    content_hash: text('content_hash').notNull(),
    intent_label: text('intent_label').notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    interaction_context: text('interaction_context').$type<InteractionContext>().notNull(),
    modules: jsonb('modules').$type<{ id: string; hash: string }[]>().notNull(),
    query: text('query'),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ name: 'prompt_traces_pkey', columns: [t.twin_id, t.trace_id] }),
    index('prompt_traces_by_trace').on(t.tenant_id, t.trace_id),
    index('prompt_traces_with_query')
      .on(t.tenant_id, t.created_at)
      .where(sql`query is not null`),
  ],
);

export const regressionCases = pgTable(
  'regression_cases',
  {
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    id: text('id').notNull(),
    body: jsonb('body').$type<RegressionCase>().notNull(),
    created_at: createdAt(),
    created_by: text('created_by').notNull(),
  },
  (t) => [primaryKey({ name: 'regression_cases_pkey', columns: [t.twin_id, t.id] })],
);
