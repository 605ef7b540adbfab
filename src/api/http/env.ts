import type { HttpBindings } from '@hono/node-server';
import type { Caller } from '../../db/keys.ts';
import type { FeedbackClaims, FeedbackTokens } from './feedback-tokens.ts';
import type { RequestLimits } from './request-limits.ts';

/** What each request carries with it. */
export interface ApiEnv {
  /** The socket; missing in `app.request()`. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    findCaller: (key: string) => Promise<Caller | undefined>;
    limits: RequestLimits;
    keyUsed: (keyId: string) => void;
    feedbackTokens: FeedbackTokens;
    /** Set behind `allow`. */
    caller: Caller;
    /** Set behind `allow` where a feedback token came instead of an API key. */
    feedbackClaims?: FeedbackClaims;
  };
}
