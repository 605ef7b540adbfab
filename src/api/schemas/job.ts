import { z } from '@hono/zod-openapi';
import type { JobDetail, JobLogRow } from '../../db/jobs.ts';
import type { JobRow, RunRow } from '../../db/open-jobs.ts';
import { JOB_STATUSES, JOB_STEPS, JOB_TYPES, type JobMetadata } from '../../db/vocabulary.ts';
import { describeWithheld } from '../../learning/describe-withheld.ts';
import { instantSchema, listQuery, orNull, pageOf, twinIdSchema } from './common.ts';
import { withheldSchema } from './learning.ts';
import { gateReportView } from './persona.ts';

export const runSchema = z
  .object({
    id: z.string(),
    twin_id: z.string(),
    job_id: z.string(),
    status: z.enum(['running', 'completed', 'failed']),
    publish_decision: z.enum(['published', 'held', 'refused', 'no_candidate']).nullable(),
    reason: z.string().nullable(),
    from_seq: z.int(),
    to_seq: z.int().openapi({ description: 'The run takes the ledger rows above from_seq, up to this one.' }),
    events_scanned: z.int(),
    events_processed: z.int(),
    candidate_version: z.string().nullable(),
    parent_version: z.string().nullable(),
    verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
    summary: z.array(z.string()),
    suppressed: z.array(withheldSchema),
    gate_report: orNull(gateReportView),
    created_at: instantSchema,
    completed_at: instantSchema.nullable(),
  })
  .openapi('LearningRun');
export const runPage = pageOf(runSchema, 'LearningRunPage');

const metadataSchema = z.custom<JobMetadata>().openapi('JobMetadata', { type: 'object', additionalProperties: true });

export const jobSchema = z
  .object({
    id: z.string(),
    twin_id: z.string().nullable(),
    tenant_id: z.string(),
    job_type: z.enum(JOB_TYPES),
    status: z.enum(JOB_STATUSES),
    step: z.enum(JOB_STEPS),
    priority: z.int(),
    error_message: z.string().nullable(),
    metadata: metadataSchema,
    created_at: instantSchema,
    updated_at: instantSchema,
    started_at: instantSchema.nullable(),
    completed_at: instantSchema.nullable(),
  })
  .openapi('Job');
export const jobPage = pageOf(jobSchema, 'JobPage');
export const jobDetailSchema = jobSchema.extend({ run: orNull(runSchema) }).openapi('JobDetail');

export const jobLogSchema = z
  .object({
    id: z.int(),
    level: z.enum(['info', 'warning', 'error']),
    message: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: instantSchema,
  })
  .openapi('JobLog');
export const jobLogPage = pageOf(jobLogSchema, 'JobLogPage');

export const jobListQuery = listQuery.extend({
  twin_id: twinIdSchema.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  job_type: z.enum(JOB_TYPES).optional(),
});

export function runView(run: RunRow): z.infer<typeof runSchema> {
  const { tenant_id: _tenant, snapshot_id: _snapshot, relearned: _relearned, created_at, completed_at, ...shown } = run;
  return {
    ...shown,
    suppressed: run.suppressed.map(describeWithheld),
    created_at: created_at.toISOString(),
    completed_at: completed_at?.toISOString() ?? null,
  };
}

export function jobView(job: JobRow): z.infer<typeof jobSchema> {
  const { epoch: _epoch, created_at, updated_at, started_at, completed_at, ...shown } = job;
  return {
    ...shown,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    started_at: started_at?.toISOString() ?? null,
    completed_at: completed_at?.toISOString() ?? null,
  };
}

export const jobDetailView = ({ job, run }: JobDetail): z.infer<typeof jobDetailSchema> => ({
  ...jobView(job),
  run: run === null ? null : runView(run),
});

export const jobLogView = ({ id, level, message, metadata, created_at }: JobLogRow): z.infer<typeof jobLogSchema> => ({
  id,
  level,
  message,
  metadata,
  created_at: created_at.toISOString(),
});
