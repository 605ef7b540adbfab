import type { HttpBindings } from '@hono/node-server';
import type { Caller } from '../../db/keys.ts';
import type { RequestLimits } from './request-limits.ts';

/** What each request carries with it. */
export interface ApiEnv {
  /** The socket; missing in `app.request()`. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    findCaller: (key: string) => Promise<Caller | undefined>;
    limits: RequestLimits;
    /** Set behind `allow`. */
    caller: Caller;
  };
}
