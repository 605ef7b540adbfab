import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientNetwork } from './client-network.ts';
import type { ApiEnv } from './env.ts';
import { ApiProblem } from './problems.ts';

/** Above its rate a caller may have so many seconds' worth more within a minute. */
const BURST_SECONDS = 5;
const BURST_WINDOW_SECONDS = 60;

type Consume = (subject: string) => Promise<void> | undefined;

export interface RequestLimits {
  /** Counts a request of a valid key. Throws `rate-limited`. */
  readonly countKey: Consume;
  /** Counts a request of somebody without a valid key, by the address it came from. Throws `rate-limited`. */
  readonly countStranger: (c: Context<ApiEnv>) => Promise<void> | undefined;
}

/** `rate` requests a second of each subject, and a burst; 0 lets everything through. `advice` ends the refusal. */
function limiter(rate: number, advice: string): Consume {
  if (rate === 0) return () => undefined;
  const limit = new BurstyRateLimiter(
    new RateLimiterMemory({ points: rate, duration: 1, keyPrefix: '' }),
    new RateLimiterMemory({ points: rate * BURST_SECONDS, duration: BURST_WINDOW_SECONDS, keyPrefix: '' }),
  );
  const refuse = (refused: unknown): never => {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1_000));
    throw new ApiProblem('rate-limited', `More than ${rate} requests a second ${advice}`, {
      headers: { 'retry-after': String(seconds) },
    });
  };
  return async (subject) => {
    await limit.consume(subject).catch(refuse);
  };
}

/** Limits of this process, counted in its memory: with N processes a caller has up to N times as much. */
export function createRequestLimits(options: {
  readonly requestsPerKey: number;
  readonly requestsPerIp: number;
  readonly trustedProxies: number;
}): RequestLimits {
  const countNetwork = limiter(
    options.requestsPerIp,
    'without a valid API key came from your address. Wait as long as Retry-After says, and send a valid key.',
  );
  return {
    countKey: limiter(
      options.requestsPerKey,
      'came with this API key. Wait as long as Retry-After says, then send it again; POST /feedback takes 1,000 votes in one request.',
    ),
    countStranger(c) {
      // app.request() has no socket.
      const socket = c.env?.incoming === undefined ? undefined : getConnInfo(c).remote.address;
      return countNetwork(clientNetwork(socket, c.req.header('x-forwarded-for'), options.trustedProxies));
    },
  };
}

/** For paths that ask for no key. */
export const limitStrangers: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await c.get('limits').countStranger(c);
  await next();
};
