import type { Fault } from '../fault.ts';
import { Kills, MOMENTS, type Request } from '../kill-at-commit.ts';

const vote = (twin: string) => ({ event_id: `${twin}-e`, twin_id: twin, rater_id: 'r', score: 1 });

const REQUESTS: readonly Request[] = [
  { name: 'vote', method: 'POST', path: (t) => `/feedback/${t}-trace`, body: vote, accepts: [202] },
  {
    name: 'batch',
    method: 'POST',
    path: () => '/feedback',
    body: (t) => ({ items: [1, 2, 3].map((n) => ({ ...vote(t), trace_id: `${t}-${n}`, event_id: `${t}-${n}` })) }),
    accepts: [202],
  },
  {
    name: 'retraction',
    method: 'DELETE',
    path: (t) => `/feedback/${t}-trace?twin_id=${t}&rater_id=r`,
    body: () => ({}),
    accepts: [204],
  },
  {
    name: 'policy',
    method: 'PATCH',
    path: (t) => `/twins/${t}/learning-policy`,
    body: () => ({ min_events: 7 }),
    accepts: [200],
  },
  { name: 'pause', method: 'POST', path: (t) => `/twins/${t}/learning/pause`, body: () => ({}), accepts: [200] },
  { name: 'resume', method: 'POST', path: (t) => `/twins/${t}/learning/resume`, body: () => ({}), accepts: [200] },
  // The first was carried out where the answer is that there is no twin any more.
  { name: 'deletion', method: 'DELETE', path: (t) => `/twins/${t}`, body: () => ({}), accepts: [202, 404] },
];

export const apiCommits: Fault = {
  name: 'api-commits',
  what: 'kill -9 of the API before and after the commit of each kind of request, which is sent again to the other one',
  learners: MOMENTS.length,
  async run(context) {
    const kills = new Kills(context);
    for (const [n, moment] of MOMENTS.entries()) {
      for (const request of REQUESTS) await kills.atCommit(moment, request, context.learners[n] ?? '');
    }
    return kills.outcome();
  },
};
