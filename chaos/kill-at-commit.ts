import type { FaultContext, Outcome } from './fault.ts';
import { postJson, type Answer } from './load/post-json.ts';
import { shuffled } from './pick.ts';
import { Cut } from './proxy/tcp-proxy.ts';

/** A request that writes, of a twin. `accepts`: what its repetition may answer, carried out the first time or not. */
export interface Request {
  readonly name: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: (twin: string) => string;
  readonly body: (twin: string) => object;
  readonly accepts: readonly number[];
}

export const MOMENTS = ['before', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];
const TIMEOUT_MS = 10_000;

/** Kills of an API at the commit of a request, which is sent again to the other one; and what was wrong then. */
export class Kills {
  private readonly context: FaultContext;
  private readonly problems: string[] = [];
  private fired = 0;

  constructor(context: FaultContext) {
    this.context = context;
  }

  /** Resolves to the answer of the other API. */
  async atCommit(moment: Moment, request: Request, twin: string): Promise<Answer> {
    const { system, random, progress } = this.context;
    const { name } = request;
    await system.ready();
    const [victim, other] = shuffled(system.apis, random);
    if (victim === undefined || other === undefined) throw new Error('two APIs are needed');
    let struck = false;
    const end = system.watchCommits(async (replica, at, { parameters }) => {
      if (struck || replica !== victim || at !== moment || !parameters.includes(twin)) return;
      struck = true;
      await replica.signal('SIGKILL');
      throw new Cut();
    });
    const first = await this.send(victim.url, request, twin);
    end();
    const second = await this.send(other.url, request, twin);
    progress(`  kill -9 of ${victim.name} ${moment} the commit of a ${name}: then ${second.status}`);
    if (struck) this.fired += 1;
    else this.problems.push(`no commit of a ${name} was seen`);
    if (first.status !== undefined) this.problems.push(`${name}: answered ${first.status} although it was killed`);
    if (!request.accepts.includes(second.status ?? 0)) {
      this.problems.push(`${name} again, killed ${moment} its commit: ${second.status} ${second.body}`);
    }
    return second;
  }

  outcome(): Outcome {
    return { fired: this.fired, problems: this.problems };
  }

  private send(url: string, { path, body, method }: Request, twin: string): Promise<Answer> {
    return postJson(`${url}${path(twin)}`, this.context.apiKey, JSON.stringify(body(twin)), TIMEOUT_MS, method);
  }
}
