import { z } from '@hono/zod-openapi';
import type { GateReport } from '../../gate/types.ts';
import { operationSchema } from '../../persona/operation.ts';
import { personaSpecSchema } from '../../persona/spec.ts';
import { component } from './json-schema.ts';

export const specBody = component(personaSpecSchema, 'PersonaSpec');
export const operationView = component(operationSchema, 'Operation');

/** Only its type is checked: what the gate says is shown as it is. */
export const gateReportView = z.custom<GateReport>().openapi('GateReport', {
  type: 'object',
  required: ['verdict', 'candidate_version', 'parent_version', 'checks'],
  properties: {
    verdict: { type: 'string', enum: ['pass', 'fail', 'inconclusive'] },
    candidate_version: { type: 'string' },
    parent_version: { type: 'string' },
    candidate_hash: { type: 'string' },
    parent_hash: { type: 'string' },
    case_set_hash: { type: 'string' },
    replay_hash: { type: 'string' },
    checks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'status', 'detail'],
        properties: {
          name: { type: 'string' },
          status: { type: 'string', enum: ['pass', 'fail', 'inconclusive', 'skipped'] },
          detail: { type: 'string' },
          data: { type: 'object', additionalProperties: true },
        },
      },
    },
  },
});
