import { postJson, type Answer } from '../load/post-json.ts';
import type { Fault, FaultContext, Outcome } from '../fault.ts';
import { Cut } from '../proxy/tcp-proxy.ts';
import { shuffled } from '../pick.ts';

/** A request that writes, of a twin. `accepts`: what its repetition may answer, carried out the first time or not. */
interface Request {
  readonly name: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: (twin: string) => string;
  readonly body: (twin: string) => object;
  readonly accepts: readonly number[];
}

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
const WHEN = ['before', 'after'] as const;
const TIMEOUT_MS = 10_000;

/** Kills the API at the commit of each request, and sends it again to the other one. */
async function atCommits(context: FaultContext, when: readonly (typeof WHEN)[number][]): Promise<Outcome> {
  const { system, apiKey, learners, random, progress } = context;
  const problems: string[] = [];
  let fired = 0;
  for (const [n, moment] of when.entries()) {
    const twin = learners[n];
    if (twin === undefined) throw new Error('a twin for each moment is needed');
    for (const request of REQUESTS) {
      await system.ready();
      const [victim, other] = shuffled(system.apis, random);
      if (victim === undefined || other === undefined) throw new Error('two APIs are needed');
      const send = (url: string): Promise<Answer> =>
        postJson(`${url}${request.path(twin)}`, apiKey, JSON.stringify(request.body(twin)), TIMEOUT_MS, request.method);
      let struck = false;
      const end = system.watchCommits(async (replica, at, { parameters }) => {
        if (struck || replica !== victim || at !== moment || !parameters.includes(twin)) return;
        struck = true;
        await replica.signal('SIGKILL');
        throw new Cut();
      });
      const first = await send(victim.url);
      end();
      const second = await send(other.url);
      progress(`  kill -9 of ${victim.name} ${moment} the commit of a ${request.name}: then ${second.status}`);
      if (struck) fired += 1;
      else problems.push(`no commit of a ${request.name} was seen`);
      if (first.status !== undefined) problems.push(`${request.name}: answered ${first.status} although it was killed`);
      if (!request.accepts.includes(second.status ?? 0)) {
        problems.push(`${request.name} again, killed ${moment} its commit: ${second.status} ${second.body}`);
      }
    }
  }
  return { fired, problems };
}

export const apiCommits: Fault = {
  name: 'api-commits',
  what: 'kill -9 of the API before and after the commit of each kind of request, which is sent again to the other one',
  learners: WHEN.length,
  run: (context) => atCommits(context, WHEN),
};
