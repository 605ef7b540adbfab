import type { TwinControl } from '../../control/twin-control.ts';
import type { TwinRef } from '../../db/twin-ref.ts';

/** A twin that is due is planned well within this; until then it hears of more votes this often at most. */
export const DUE_INTERVAL_MS = 1_000;
/** While a probation runs, each wake-up weighs all its votes. */
export const PROBATION_INTERVAL_MS = 30_000;
/** More at once make Temporal answer each later, until they time out. */
const MAX_IN_FLIGHT = 32;

interface Entry {
  readonly twin: TwinRef;
  readonly intervalMs: number;
  sent: boolean;
  /** Votes came in since it was sent. */
  again: boolean;
}

/**
 * Wakes twins after votes: at once, then at most once an interval for each, so that a storm of votes is a few signals,
 * and a storm of twins a queue. Nobody waits for it. What was committed before is in what is sent after, so one poke in
 * the queue stands for all of its twin's votes. When `stopping` is aborted, what is still to be sent is sent at once.
 */
export function createVotePokes(
  control: Pick<TwinControl, 'poke'>,
  stopping?: AbortSignal,
): (twin: TwinRef, intervalMs: number) => void {
  const entries = new Map<string, Entry>();
  const queue: Entry[] = [];
  let inFlight = 0;

  const send = async (entry: Entry): Promise<void> => {
    entry.sent = true;
    const timer = setTimeout(() => {
      if (entries.get(entry.twin.id) === entry) entries.delete(entry.twin.id);
      if (entry.again) enqueue(entry.twin, entry.intervalMs);
    }, entry.intervalMs);
    timer.unref();
    inFlight += 1;
    await control.poke(entry.twin, 'feedbackCaptured');
    inFlight -= 1;
    pump();
  };

  const pump = (): void => {
    while (queue.length > 0 && (inFlight < MAX_IN_FLIGHT || stopping?.aborted === true)) void send(queue.shift()!);
  };

  const enqueue = (twin: TwinRef, intervalMs: number): void => {
    const entry = { twin, intervalMs, sent: false, again: false };
    entries.set(twin.id, entry);
    queue.push(entry);
    pump();
  };

  stopping?.addEventListener('abort', () => {
    for (const entry of entries.values()) if (entry.again) enqueue(entry.twin, entry.intervalMs);
    pump();
  });

  /** Once it stops, only what comes in together is one: nothing is held back for later. */
  const late = new Set<string>();
  const pokeSoon = (twin: TwinRef, intervalMs: number): void => {
    if (late.has(twin.id)) return;
    late.add(twin.id);
    setImmediate(() => {
      late.delete(twin.id);
      enqueue(twin, intervalMs);
    });
  };

  return (twin, intervalMs) => {
    if (stopping?.aborted === true) return pokeSoon(twin, intervalMs);
    const entry = entries.get(twin.id);
    if (entry === undefined || intervalMs < entry.intervalMs) enqueue(twin, intervalMs);
    else if (entry.sent) entry.again = true;
  };
}
