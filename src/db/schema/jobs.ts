import { sql } from 'drizzle-orm';
import { bigint, bigserial, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { JobMetadata, JobStatus, JobStep, JobType, LogLevel } from '../vocabulary.ts';
import { JOB_STATUSES, JOB_TYPES } from '../vocabulary.ts';
import { createdAt, instant, oneOf } from './columns.ts';
import { tenants } from './tenancy.ts';
import { twins } from './twins.ts';

export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    twin_id: text('twin_id').references(() => twins.id),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    job_type: text('job_type').$type<JobType>().notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    /** First step that has not been done. */
    step: text('step').$type<JobStep>().notNull().default('learn'),
    priority: integer('priority').notNull().default(0),
    /** Fence: the scheduled time in ms of the newest attempt that touched the job; an older one may not write. */
    epoch: bigint('epoch', { mode: 'number' }).notNull().default(0),
    error_message: text('error_message'),
    metadata: jsonb('metadata').$type<JobMetadata>().notNull(),
    created_at: createdAt(),
    updated_at: instant('updated_at').notNull().defaultNow(),
    started_at: instant('started_at'),
    completed_at: instant('completed_at'),
  },
  (t) => [
    check('valid_job_type', oneOf('job_type', JOB_TYPES)),
    check('valid_job_status', oneOf('status', JOB_STATUSES)),
    uniqueIndex('jobs_one_open_learning')
      .on(t.twin_id)
      .where(sql`job_type = 'feedback_learning' and status in ('queued', 'processing')`),
    index('jobs_open')
      .on(t.updated_at)
      .where(sql`status in ('queued', 'processing')`),
    index('jobs_open_by_tenant')
      .on(t.tenant_id)
      .where(sql`status in ('queued', 'processing')`),
    index('jobs_newest').on(t.tenant_id, t.created_at, t.id),
    index('jobs_by_twin').on(t.twin_id, t.created_at),
  ],
);

export const jobLogs = pgTable(
  'job_logs',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    job_id: uuid('job_id')
      .notNull()
      .references(() => jobs.id),
    level: text('level').$type<LogLevel>().notNull(),
    message: text('message').notNull(),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    created_at: createdAt(),
  },
  (t) => [
    index('job_logs_by_job').on(t.job_id, t.id),
    check('valid_log_level', oneOf('level', ['info', 'warning', 'error'])),
  ],
);
