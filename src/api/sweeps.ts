import { createRoute, z } from '@hono/zod-openapi';
import { runSweep } from '../control/sweep.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { bodyProblems, json, optionalBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';

const sweepRequest = z
  .strictObject({
    min_events: z.int().min(1).max(1_000_000).optional().openapi({ default: 5 }),
    limit_twins: z.int().min(1).max(1_000).optional().openapi({ default: 100 }),
  })
  .openapi('SweepRequest', { description: "Whether a run publishes is each twin's policy to say." });

const sweepSummary = z
  .object({
    status: z.literal('completed'),
    required_events: z.int(),
    twins_considered: z.int(),
    jobs_enqueued: z.int().openapi({ description: 'Twins that were poked.' }),
    decisions: z.array(
      z.object({
        twin_id: z.string(),
        enqueued: z.boolean(),
        reason: z.enum(['due', 'stale_job', 'not_purged', 'probation_over', 'poke_failed']),
      }),
    ),
  })
  .openapi('SweepSummary');

const sweep = createRoute({
  method: 'post',
  path: '/sweeps',
  operationId: 'sweep',
  summary: "Wake the tenant's twins that are due or need repair",
  description: "The effective minimum is the larger of the twin's policy and min_events; the oldest due come first.",
  tags: ['Runs'],
  ...access(ROLES.command, { limit: BODY_LIMITS.default, optional: true }),
  request: optionalBody(sweepRequest),
  responses: { 200: json(sweepSummary, 'What was found, and what was poked.'), ...bodyProblems() },
});

export function sweepRoutes({ db, control, defaults }: ApiDeps) {
  return createRouter().openapi(sweep, async (c) => {
    const { min_events: minEvents = 5, limit_twins: limitTwins = 100 } = c.req.valid('json');
    const deps = { db: db.db, control, defaultMinEvents: defaults.min_events };
    const { tenant_id: tenantId } = c.get('caller');
    const { decisions, ...summary } = await runSweep(deps, { minEvents, limitTwins, tenantId });
    return c.json({ ...summary, decisions: [...decisions] }, 200);
  });
}
