import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { LearningDecision } from '../../learning/decide.ts';
import type { ApiEnv } from './env.ts';

/** What /metrics shows: figures only; no tenant, no twin, no text. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'twinloop_http_request_duration_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  const votes = new Counter({
    name: 'twinloop_votes_total',
    help: 'Votes that came in, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  const decisions = new Counter({
    name: 'twinloop_learning_decisions_total',
    help: 'Decisions answered to votes and requests for runs.',
    labelNames: ['decision'],
    registers,
  });

  const observe: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const stop = requests.startTimer();
    await next();
    const path = routePath(c, -1);
    const route = path.includes('*') ? 'unknown' : path;
    stop({ method: route === 'unknown' ? 'any' : c.req.method, route, status: c.res.status });
  };

  return {
    observe,
    text: () => registry.metrics(),
    contentType: registry.contentType,
    vote: (result: 'stored' | 'duplicate' | 'not_counted' | 'refused') => votes.inc({ result }),
    decision: (decision: LearningDecision) =>
      decisions.inc({ decision: decision.enqueued ? 'enqueued' : decision.reason }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
