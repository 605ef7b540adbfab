import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { registerDueGauge } from '../../due-gauge.ts';
import type { LearningDecision } from '../../learning/decide.ts';
import type { ApiDeps } from '../deps.ts';
import type { ApiEnv } from './env.ts';
import { PROBLEMS } from './problem-catalogue.ts';

/** What /metrics shows: figures only; no tenant, no twin, no text. */
export function createMetrics({ db, defaults, log }: Pick<ApiDeps, 'db' | 'defaults' | 'log'>) {
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

  const problems = new Counter({
    name: 'twinloop_problems_total',
    help: 'Requests that were answered with a problem, by its type.',
    labelNames: ['type'],
    registers,
  });
  for (const type of Object.keys(PROBLEMS)) problems.inc({ type }, 0);
  const pokes = new Counter({
    name: 'twinloop_vote_pokes_total',
    help: 'Wake-ups of twins after votes: taken by Temporal, or deferred because it did not take them.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['taken', 'deferred']) pokes.inc({ result }, 0);
  let votesUnderWay = 0;
  new Gauge({
    name: 'twinloop_votes_under_way',
    help: 'Single votes that wait for their transaction, or are in it.',
    registers,
    collect() {
      this.set(votesUnderWay);
    },
  });
  registerDueGauge(registry, db.db, defaults.min_events);

  const observe: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const stop = requests.startTimer();
    await next();
    const path = routePath(c, -1);
    const route = path.includes('*') ? 'unknown' : path;
    const { status } = c.res;
    const method = route === 'unknown' ? 'any' : c.req.method;
    const duration_seconds = stop({ method, route, status });
    if (status < 500 && log.verbose !== true) return;
    const fields = { request_id: c.get('requestId'), method, route, status, duration_seconds };
    log(status < 500 ? 'debug' : 'error', 'request answered', fields);
  };

  return {
    observe,
    text: () => registry.metrics(),
    contentType: registry.contentType,
    vote: (result: 'stored' | 'duplicate' | 'not_counted') => votes.inc({ result }),
    problem: (type: keyof typeof PROBLEMS) => problems.inc({ type }),
    poked: (taken: boolean) => pokes.inc({ result: taken ? 'taken' : 'deferred' }),
    /** Counts the vote in until its promise settles. */
    async underWay<T>(vote: Promise<T>): Promise<T> {
      votesUnderWay += 1;
      try {
        return await vote;
      } finally {
        votesUnderWay -= 1;
      }
    },
    decision: (decision: LearningDecision) =>
      decisions.inc({ decision: decision.enqueued ? 'enqueued' : decision.reason }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
