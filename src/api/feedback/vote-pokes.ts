import type { TwinControl } from '../../control/twin-control.ts';
import type { TwinRef } from '../../db/twin-ref.ts';

/** A twin that is due plans when it is first told; it has nothing new to decide until it has learned, or waits its turn. */
const DUE_INTERVAL_MS = 5_000;
/** While a probation runs, each wake-up weighs all its votes. */
const PROBATION_INTERVAL_MS = 30_000;
/** After a poke that Temporal did not take. */
const FAILED_INTERVAL_MS = 1_000;
/** More at once make Temporal answer each later, until they time out. */
const MAX_IN_FLIGHT = 32;

interface VotePokes {
  /** After a vote that leaves its twin due. */
  due(twin: TwinRef): void;
  /** After a vote that a probation weighs. */
  watched(twin: TwinRef): void;
  /** After any other: what was due has begun, so the next time that it is due it is told at once. */
  quiet(twin: TwinRef): void;
}

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
export function createVotePokes(control: Pick<TwinControl, 'poke'>, stopping?: AbortSignal): VotePokes {
  const entries = new Map<string, Entry>();
  const queue: Entry[] = [];
  let inFlight = 0;

  const send = async (entry: Entry): Promise<void> => {
    const { twin, intervalMs } = entry;
    entry.sent = true;
    inFlight += 1;
    const isTaken = await control.poke(twin, 'feedbackCaptured');
    inFlight -= 1;
    const timer = setTimeout(
      () => {
        if (entries.get(twin.id) === entry) entries.delete(twin.id);
        if (entry.again) enqueue(twin, intervalMs);
      },
      isTaken ? intervalMs : Math.min(intervalMs, FAILED_INTERVAL_MS),
    );
    timer.unref();
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

  const poke = (twin: TwinRef, intervalMs: number): void => {
    if (stopping?.aborted === true) return pokeSoon(twin, intervalMs);
    const entry = entries.get(twin.id);
    if (entry === undefined || intervalMs < entry.intervalMs) enqueue(twin, intervalMs);
    else if (entry.sent) entry.again = true;
  };

  return {
    due: (twin) => poke(twin, DUE_INTERVAL_MS),
    watched: (twin) => poke(twin, PROBATION_INTERVAL_MS),
    quiet({ id }) {
      const entry = entries.get(id);
      if (entry?.sent === true && entry.intervalMs === DUE_INTERVAL_MS) entries.delete(id);
    },
  };
}
