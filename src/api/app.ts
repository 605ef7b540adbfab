import { requestId } from 'hono/request-id';
import { findKey, findKeyInForce } from '../db/keys.ts';
import { auditRoutes } from './audit.ts';
import { DEFAULT_LIMITS, type ApiDeps } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { exportRoutes } from './exports.ts';
import { feedbackTokenRoutes } from './feedback-tokens.ts';
import { feedbackRoutes } from './feedback.ts';
import { createCallers } from './http/callers.ts';
import { allowOrigins } from './http/cors.ts';
import { onError, onNotFound } from './http/errors.ts';
import { createFeedbackTokens } from './http/feedback-tokens.ts';
import { createMetrics } from './http/metrics.ts';
import { createRequestLimits } from './http/request-limits.ts';
import { createRouter } from './http/router.ts';
import { securityHeaders } from './http/security-headers.ts';
import { keyRoutes } from './keys.ts';
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
  const metrics = createMetrics(deps);
  const refused = new Set(deps.refusedKeys);
  const loadCaller = createCallers((key) => findKey(deps.db.db, key));
  const minters = createCallers((id) => findKeyInForce(deps.db.db, id));
  const feedbackTokens = createFeedbackTokens(deps.feedbackTokenKeys ?? [], minters);
  const keyUsed = deps.keyUsed ?? (() => {});
  const app = createRouter();

  const limits = createRequestLimits({ ...DEFAULT_LIMITS, ...deps.limits, trustedProxies: deps.trustedProxies ?? 0 });

  app.use(requestId({ limitLength: 128 }), metrics.observe, securityHeaders({ behindTls: deps.behindTls === true }));
  if (deps.corsOrigins !== undefined && deps.corsOrigins.length > 0) app.use(allowOrigins(deps.corsOrigins));
  app.use(async (c, next) => {
    c.set('findCaller', async (key) => (refused.has(key) ? undefined : loadCaller(key)));
    c.set('limits', limits);
    c.set('keyUsed', keyUsed);
    c.set('feedbackTokens', feedbackTokens);
    await next();
  });
  app.onError(onError(deps.log, metrics.problem));
  app.notFound(onNotFound(app, metrics.problem));

  const groups = [
    systemRoutes(deps, metrics),
    twinRoutes(deps),
    promptRoutes(deps),
    feedbackRoutes(deps, metrics),
    feedbackTokenRoutes(deps),
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
    keyRoutes(deps),
  ];
  for (const group of groups) app.route('/', group as ReturnType<typeof createRouter>);
  let document: unknown;
  app.route(
    '/',
    docsRoutes(() => (document ??= openApiDocument(app))),
  );
  return app;
}
