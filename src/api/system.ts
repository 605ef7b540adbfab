import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, z } from '@hono/zod-openapi';
import type { OpenDatabase } from '../db/client.ts';
import { pendingMigrations } from '../db/migrate.ts';
import type { ApiDeps } from './deps.ts';
import type { Metrics } from './http/metrics.ts';
import { ApiProblem } from './http/problems.ts';
import { json, problems } from './http/responses.ts';
import { createRouter } from './http/router.ts';

const tags = ['System'];
const DATABASE_TIMEOUT_MS = 2_000;

const health = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  summary: 'The process is alive',
  tags,
  responses: {
    200: json(z.object({ status: z.literal('ok') }).openapi('Health'), 'Alive.'),
    ...problems('internal-error'),
  },
});

const readinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded']).openapi({ description: 'degraded: everything works but learning.' }),
    postgres: z.literal('ok'),
    temporal: z.enum(['ok', 'away']),
  })
  .openapi('Readiness');

const readiness = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'getReadiness',
  summary: 'Whether to send work here',
  description: 'With Temporal away votes and commands are still taken: that is `degraded`, not unready.',
  tags,
  responses: { 200: json(readinessSchema, 'Ready.'), ...problems('not-ready', 'internal-error') },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Figures for Prometheus',
  tags,
  responses: {
    200: { content: { 'text/plain': { schema: z.string() } }, description: 'Prometheus text format.' },
    ...problems('internal-error'),
  },
});

/** Why the database is of no use; undefined when it is. */
async function databaseProblem({ sql }: OpenDatabase, migrated: { yes: boolean }): Promise<string | undefined> {
  const timeout = new AbortController();
  const ask = async (): Promise<string | undefined> => {
    const missing = migrated.yes
      ? Number((await sql`select 0 as missing`)[0]?.['missing'])
      : await pendingMigrations(sql);
    migrated.yes = missing === 0;
    return migrated.yes ? undefined : `Postgres lacks ${missing} migrations: twinloop migrate`;
  };
  const late = sleep(DATABASE_TIMEOUT_MS, 'Postgres does not answer in time', { signal: timeout.signal });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return 'Postgres cannot be reached';
  } finally {
    timeout.abort();
    late.catch(() => undefined);
  }
}

export function systemRoutes({ db, temporalHealth, stopping }: ApiDeps, metrics: Metrics) {
  const migrated = { yes: false };
  return createRouter()
    .openapi(health, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(readiness, async (c) => {
      if (stopping?.aborted === true) throw new ApiProblem('not-ready', 'The server is about to stop.');
      const [problem, temporal] = await Promise.all([databaseProblem(db, migrated), temporalHealth()]);
      if (problem !== undefined) throw new ApiProblem('not-ready', `${problem}.`);
      const status = temporal ? ('ready' as const) : ('degraded' as const);
      return c.json({ status, postgres: 'ok' as const, temporal: temporal ? ('ok' as const) : ('away' as const) }, 200);
    })
    .openapi(metricsRoute, async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }));
}
