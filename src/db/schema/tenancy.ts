import { sql } from 'drizzle-orm';
import { bigserial, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { KeyRole } from '../vocabulary.ts';
import { createdAt, instant } from './columns.ts';

export const tenants = pgTable(
  'tenants',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** Days that texts of feedback are kept; null: the instance's. */
    text_retention_days: integer('text_retention_days'),
    created_at: createdAt(),
  },
  () => [check('valid_text_retention', sql`text_retention_days between 1 and 365`)],
);

export const apiKeys = pgTable('api_keys', {
  id: uuid('id').primaryKey().defaultRandom(),
  tenant_id: text('tenant_id')
    .notNull()
    .references(() => tenants.id),
  role: text('role').$type<KeyRole>().notNull(),
  name: text('name').notNull(),
  /** SHA-256 of the key; the key itself is shown once and never stored. */
  key_hash: text('key_hash').notNull().unique(),
  created_at: createdAt(),
  /** The key ends by itself then; null: never. */
  expires_at: instant('expires_at'),
  revoked_at: instant('revoked_at'),
  /** To the minute. */
  last_used_at: instant('last_used_at'),
});

/** The owner's commands, each written in the transaction of its effect; what a job does is in job_logs. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    twin_id: text('twin_id'),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    created_at: createdAt(),
  },
  (t) => [index('audit_log_by_twin').on(t.twin_id, t.id), index('audit_log_by_tenant').on(t.tenant_id, t.id)],
);
