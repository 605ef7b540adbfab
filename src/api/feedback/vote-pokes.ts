import type { TwinControl } from '../../control/twin-control.ts';
import type { TwinRef } from '../../db/twin-ref.ts';

/** A workflow takes a few signals a second gladly, and says nothing more after the hundredth than after the first. */
const INTERVAL_MS = 250;
/** While a probation runs, each wake-up weighs all its votes. */
export const PROBATION_INTERVAL_MS = 30_000;

/**
 * Wakes twins after votes: at once, then at most once an interval for each, so that a storm of votes is a few signals.
 * Nobody waits for it. When `stopping` is aborted, what is still to be sent is sent at once.
 */
export function createVotePokes(
  control: TwinControl,
  stopping?: AbortSignal,
  interval = INTERVAL_MS,
): (twin: TwinRef) => void {
  /** Twins poked within the interval; true where votes came in since. */
  const recent = new Map<string, { twin: TwinRef; again: boolean }>();

  const send = (twin: TwinRef): void => {
    void control.poke(twin, 'feedbackCaptured');
    const entry = { twin, again: false };
    recent.set(twin.id, entry);
    const timer = setTimeout(() => {
      recent.delete(twin.id);
      if (entry.again) send(twin);
    }, interval);
    timer.unref();
  };

  stopping?.addEventListener('abort', () => {
    for (const entry of recent.values()) {
      if (entry.again) void control.poke(entry.twin, 'feedbackCaptured');
      entry.again = false;
    }
  });

  return (twin) => {
    const entry = recent.get(twin.id);
    if (entry === undefined || stopping?.aborted === true) send(twin);
    else entry.again = true;
  };
}
