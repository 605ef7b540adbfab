import { Context } from '@temporalio/activity';

const HEARTBEAT_MS = 1_000;

/** Heartbeats, without details, for as long as the activity takes: a dead worker is noticed by its silence. */
export function heartbeating<A extends readonly unknown[], R>(
  activity: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      return await activity(...args);
    } finally {
      clearInterval(timer);
    }
  };
}
