import { requestId } from 'hono/request-id';
import { findKey } from '../db/keys.ts';
import { auditRoutes } from './audit.ts';
import type { ApiDeps } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { exportRoutes } from './exports.ts';
import { feedbackRoutes } from './feedback.ts';
import { createCallers } from './http/callers.ts';
import { onError, onNotFound } from './http/errors.ts';
import { createMetrics } from './http/metrics.ts';
import { createRouter } from './http/router.ts';
import { jobRoutes } from './jobs.ts';
import { learningRoutes } from './learning.ts';
import { openApiDocument } from './openapi.ts';
import { personaSpecRoutes } from './persona-specs.ts';
import { promptRoutes } from './prompts.ts';
import { raterRoutes } from './raters.ts';
import { regressionCaseRoutes } from './regression-cases.ts';
import { runRoutes } from './runs.ts';
import { specDecisionRoutes } from './spec-decisions.ts';
import { sweepRoutes } from './sweeps.ts';
import { systemRoutes } from './system.ts';
import { twinRoutes } from './twins.ts';

/** The HTTP API. Owns nothing: whoever made the dependencies closes them, after `control.settle()`. */
export function createApp(deps: ApiDeps) {
  const metrics = createMetrics();
  const refused = new Set(deps.refusedKeys);
  const loadCaller = createCallers((key) => findKey(deps.db.db, key));
  const app = createRouter();

  app.use(requestId({ limitLength: 128 }), metrics.observe, async (c, next) => {
    c.set('findCaller', async (key) => (refused.has(key) ? undefined : loadCaller(key)));
    await next();
    c.res.headers.set('x-content-type-options', 'nosniff');
  });
  app.onError(onError(deps.log));
  app.notFound(onNotFound(app));

  const groups = [
    systemRoutes(deps, metrics),
    twinRoutes(deps),
    promptRoutes(deps),
    feedbackRoutes(deps, metrics),
    raterRoutes(deps),
    exportRoutes(deps),
    learningRoutes(deps),
    runRoutes(deps, metrics),
    sweepRoutes(deps),
    personaSpecRoutes(deps),
    specDecisionRoutes(deps),
    regressionCaseRoutes(deps),
    jobRoutes(deps),
    auditRoutes(deps),
  ];
  for (const group of groups) app.route('/', group as ReturnType<typeof createRouter>);
  let document: unknown;
  app.route(
    '/',
    docsRoutes(() => (document ??= openApiDocument(app))),
  );
  return app;
}
