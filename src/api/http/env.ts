import type { Caller } from '../../db/keys.ts';

/** What each request carries with it. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    findCaller: (key: string) => Promise<Caller | undefined>;
    /** Set behind `allow`. */
    caller: Caller;
  };
}
