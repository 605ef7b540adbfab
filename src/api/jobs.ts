import { createRoute, z } from '@hono/zod-openapi';
import { retryJob } from '../commands/retry-job.ts';
import { findJob, listJobLogs, listJobs } from '../db/jobs.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { ApiProblem, notFound } from './http/problems.ts';
import { bodyProblems, json, optionalBody, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { twinOf } from './http/twin-of.ts';
import { actorOf, listQuery } from './schemas/common.ts';
import {
  jobDetailSchema,
  jobDetailView,
  jobListQuery,
  jobLogPage,
  jobLogView,
  jobPage,
  jobView,
} from './schemas/job.ts';

const tags = ['Jobs'];
const params = z.object({ id: z.string() });

const list = createRoute({
  method: 'get',
  path: '/jobs',
  operationId: 'listJobs',
  summary: 'List the jobs',
  tags,
  ...access(ROLES.read),
  request: { query: jobListQuery },
  responses: { 200: json(jobPage, 'A page of jobs.'), ...readProblems('not-found') },
});

const read = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  operationId: 'getJob',
  summary: 'Read a job, with its run',
  tags,
  ...access(ROLES.read),
  request: { params },
  responses: { 200: json(jobDetailSchema, 'The job.'), ...readProblems('not-found') },
});

const logs = createRoute({
  method: 'get',
  path: '/jobs/{id}/logs',
  operationId: 'listJobLogs',
  summary: 'What a job did',
  tags,
  ...access(ROLES.read),
  request: { params, query: listQuery },
  responses: { 200: json(jobLogPage, 'A page of the log.'), ...readProblems('not-found') },
});

const retrySchema = z
  .object({ job_id: z.string(), retry_of: z.string(), twin_id: z.string() })
  .openapi('JobRetry', { description: 'A new forced job.' });

const retry = createRoute({
  method: 'post',
  path: '/jobs/{id}/retry',
  operationId: 'retryJob',
  summary: 'Retry a failed learning job',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.default, optional: true }),
  request: { params, ...optionalBody(z.strictObject({}).openapi('Empty')) },
  responses: {
    202: { ...json(retrySchema, 'Queued.'), headers: { Location: { schema: { type: 'string' as const } } } },
    ...bodyProblems('not-found', 'job-not-failed', 'paused', 'job-in-flight'),
  },
});

const noJob = (id: string): ApiProblem => notFound(`job ${id}`);

export function jobRoutes({ db, control, defaults }: ApiDeps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const caller = c.get('caller');
      if (filter.twin_id !== undefined) await twinOf(db, caller, filter.twin_id);
      const { items, next_cursor } = await listJobs(db.db, caller.tenant_id, filter, { limit, cursor });
      return c.json({ items: items.map(jobView), next_cursor }, 200);
    })
    .openapi(read, async (c) => {
      const { id } = c.req.valid('param');
      const found = await findJob(db.db, c.get('caller').tenant_id, id);
      if (found === undefined) throw noJob(id);
      return c.json(jobDetailView(found), 200);
    })
    .openapi(logs, async (c) => {
      const { id } = c.req.valid('param');
      if ((await findJob(db.db, c.get('caller').tenant_id, id)) === undefined) throw noJob(id);
      const { items, next_cursor } = await listJobLogs(db.db, id, c.req.valid('query'));
      return c.json({ items: items.map(jobLogView), next_cursor }, 200);
    })
    .openapi(retry, async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const { tenant_id } = caller;
      const known = await findJob(db.db, tenant_id, id);
      if (known === undefined) throw noJob(id);
      const result = await retryJob(db, tenant_id, id, actorOf(caller), defaults);
      switch (result.status) {
        case 'not_found':
        case 'not_failed':
          throw new ApiProblem('job-not-failed', `The job is ${known.job.status}.`);
        case 'paused':
          throw new ApiProblem('paused', 'The twin is paused; a retry does not pass that.');
        case 'job_already_inflight':
          throw new ApiProblem('job-in-flight', 'Another job of the twin is open.');
        case 'retried': {
          const { job_id, twin_id } = result;
          void control.poke({ id: twin_id, tenant_id }, 'stateChanged');
          return c.json({ job_id, retry_of: id, twin_id }, 202, { location: `/jobs/${job_id}` });
        }
      }
    });
}
