import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { WorkflowUnavailableError } from '../../control/twin-control.ts';
import { isConnectionError } from '../../db/errors.ts';
import { CursorError } from '../../db/page.ts';
import type { Log } from '../../log.ts';
import { describeError } from './describe-error.ts';
import type { ApiEnv } from './env.ts';
import { PROBLEMS } from './problem-catalogue.ts';
import { ApiProblem, notFound, problemBody, retryAfter, validationProblem } from './problems.ts';
import type { Router } from './router.ts';

/** What an error is to the caller; undefined for what says nothing to anybody outside. */
function problemOf(error: unknown): ApiProblem | undefined {
  if (error instanceof ApiProblem) return error;
  if (error instanceof CursorError) return validationProblem([{ pointer: '/cursor', detail: error.message }]);
  if (error instanceof WorkflowUnavailableError) {
    return new ApiProblem('workflow-unavailable', 'The twin did not answer in time; the run may still begin later.');
  }
  if (error instanceof HTTPException && error.status === 415) {
    return new ApiProblem('unsupported-media-type', 'Send the body as application/json.');
  }
  if (isConnectionError(error)) {
    return new ApiProblem('database-unavailable', 'The database cannot be reached just now.');
  }
  return undefined;
}

function answerProblem(c: Context<ApiEnv>, problem: ApiProblem): Response {
  return c.body(JSON.stringify(problemBody(problem, c.get('requestId'))), PROBLEMS[problem.slug].status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...retryAfter(problem.slug),
    ...problem.headers,
  });
}

type CountProblem = (type: ApiProblem['slug']) => void;

/** The one place where an error becomes an answer. What is not foreseen is logged, without texts, and says nothing. */
export function onError(log: Log, count: CountProblem): ErrorHandler<ApiEnv> {
  return (error, c) => {
    const problem = problemOf(error);
    if (problem === undefined || problem.slug === 'database-unavailable') {
      const level = problem === undefined ? 'error' : 'warning';
      log(level, 'request failed', { request_id: c.get('requestId'), method: c.req.method, ...describeError(error) });
    }
    const answered = problem ?? new ApiProblem('internal-error', 'An unexpected error; it has been logged.');
    count(answered.slug);
    return answerProblem(c, answered);
  };
}

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

/** An unknown path is 404; a known one under another method 405 with `Allow`. Neither asks for a key. */
export function onNotFound(app: Router, count: CountProblem): NotFoundHandler<ApiEnv> {
  const takes = (method: string, path: string): boolean =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
  return async (c) => {
    await c.get('limits').countStranger(c);
    const allowed = METHODS.filter((method) => takes(method, c.req.path));
    count(allowed.length === 0 ? 'not-found' : 'method-not-allowed');
    if (allowed.length === 0) return answerProblem(c, notFound('such path'));
    const detail = `${c.req.method} is not possible here; ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'}.`;
    return answerProblem(c, new ApiProblem('method-not-allowed', detail, { headers: { allow: allowed.join(', ') } }));
  };
}
