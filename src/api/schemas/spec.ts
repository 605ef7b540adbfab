import { z } from '@hono/zod-openapi';
import type { SpecSummary } from '../../db/specs.ts';
import type { SpecRow } from '../../db/spec-writes.ts';
import { summarizeManifest } from '../../persona/manifest.ts';
import { text } from '../http/text.ts';
import { instantSchema, orNull, pageOf, reasonTextSchema, twinParams } from './common.ts';
import { gateReportView, operationView, specBody } from './persona.ts';

export const versionSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}$/, 'is not a version such as 1.0.0')
  .openapi({ example: '1.0.0' });

export const versionParams = twinParams.extend({ version: versionSchema });

export const newSpecSchema = z
  .strictObject({
    spec: specBody.openapi({ description: 'Its version is not taken over: the server gives the number.' }),
    notes: text(2_000).optional(),
    bump: z.enum(['patch', 'minor', 'major']).optional(),
  })
  .openapi('NewPersonaSpec');

const item = z.object({
  version: z.string(),
  status: z.enum(['draft', 'active', 'archived']),
  origin: z.enum(['owner', 'learned', 'rollback']),
  review: z.enum(['held', 'approved', 'rejected', 'superseded']).nullable(),
  parent: z.string().nullable(),
  parent_hash: z.string().nullable(),
  restores_version: z.string().nullable().openapi({ description: 'Of a rollback: the version whose content it is.' }),
  content_hash: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
  summary: z.array(z.string()).openapi({ description: 'What it changes, a sentence each.' }),
  notes: z.string().nullable(),
  run_id: z.string().nullable(),
  created_at: instantSchema,
  created_by: z.string(),
  published_at: instantSchema.nullable(),
  published_by: z.string().nullable(),
  acknowledged: z.array(z.string()).nullable(),
  reason: z.string().nullable(),
});

export const specItemSchema = item.openapi('PersonaSpecVersion');
export const specPage = pageOf(specItemSchema, 'PersonaSpecPage');
export const specDetailSchema = item
  .extend({ spec: specBody, manifest: z.array(operationView), gate_report: orNull(gateReportView) })
  .openapi('PersonaSpecDetail');

export const diffSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    operations: z.array(operationView),
    summary: z.array(z.string()).openapi({ description: 'A sentence for each operation, in their order.' }),
  })
  .openapi('PersonaSpecDiff');

export const consentSchema = z
  .strictObject({
    acknowledge: z
      .array(text(100, 1))
      .max(50)
      .optional()
      .openapi({ description: 'Names of checks to publish in spite of.' }),
    reason: reasonTextSchema.optional(),
  })
  .openapi('Consent');

export const rejectSchema = z.strictObject({ reason: reasonTextSchema.optional() }).openapi('Rejection');

export const rollbackSchema = z
  .strictObject({
    to_version: versionSchema.optional().openapi({ description: 'Default: the parent of the live version.' }),
    expected_active_version: versionSchema.optional(),
    reason: reasonTextSchema.optional(),
  })
  .openapi('RollbackRequest');

export const rollbackResultSchema = specDetailSchema
  .extend({ undone: z.array(z.string()).openapi({ description: 'Versions whose learning was taken back.' }) })
  .openapi('RollbackResult');

export function specItemView(row: SpecSummary): z.infer<typeof specItemSchema> {
  return {
    version: row.version,
    status: row.status,
    origin: row.origin,
    review: row.review,
    parent: row.parent_version,
    parent_hash: row.parent_hash,
    restores_version: row.restores_version,
    content_hash: row.content_hash,
    verdict: row.verdict,
    summary: summarizeManifest(row.manifest),
    notes: row.notes,
    run_id: row.run_id,
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    published_at: row.published_at?.toISOString() ?? null,
    published_by: row.published_by,
    acknowledged: row.acknowledged,
    reason: row.reason,
  };
}

export function specDetailView(row: SpecRow): z.infer<typeof specDetailSchema> {
  const { spec, manifest, gate_report } = row;
  return { ...specItemView({ ...row, verdict: gate_report?.verdict ?? null }), spec, manifest, gate_report };
}
