import type { TwinControl } from '../../control/twin-control.ts';
import type { TwinRef } from '../../db/twin-ref.ts';

/** A twin that is due and was told has nothing new to decide until a run takes its votes; lost pokes are the sweep's. */
const DUE_INTERVAL_MS = 60_000;
/** While a probation runs, each wake-up weighs its votes. */
const PROBATION_INTERVAL_MS = 30_000;
/** After a poke that Temporal did not take. */
const FAILED_INTERVAL_MS = 1_000;
/** In the place of a watermark: a probation has none. */
const WATCHED = -1;
/** More at once make Temporal answer each later, until they time out. */
const MAX_IN_FLIGHT = 32;

interface VotePokes {
  /** After a vote that leaves its twin due. A run takes what is due by moving the watermark; from there on is news. */
  due(twin: TwinRef, watermark: number): void;
  /** After a vote that a probation weighs. */
  watched(twin: TwinRef): void;
}

interface Poke {
  readonly twin: TwinRef;
  readonly intervalMs: number;
  readonly watermark: number;
}

interface Entry extends Poke {
  sent: boolean;
  /** Votes came in since it was sent. */
  again: boolean;
}

/**
 * Wakes twins after votes: at once, then at most once an interval for each, so that a storm of votes is a few signals,
 * and a storm of twins a queue. Nobody waits for it. What was committed before is in what is sent after, so one poke in
 * the queue stands for all of its twin's votes. When `stopping` is aborted, what is still to be sent is sent at once.
 * `poked` hears of each whether Temporal took it.
 */
export function createVotePokes(
  control: Pick<TwinControl, 'poke'>,
  stopping?: AbortSignal,
  poked: (taken: boolean) => void = () => {},
): VotePokes {
  const entries = new Map<string, Entry>();
  const queue: Entry[] = [];
  let inFlight = 0;

  const send = async (entry: Entry): Promise<void> => {
    const { twin, intervalMs } = entry;
    entry.sent = true;
    inFlight += 1;
    const isTaken = await control.poke(twin, 'feedbackCaptured');
    inFlight -= 1;
    poked(isTaken);
    const timer = setTimeout(
      () => {
        if (entries.get(twin.id) === entry) entries.delete(twin.id);
        if (entry.again) enqueue(entry);
      },
      isTaken ? intervalMs : Math.min(intervalMs, FAILED_INTERVAL_MS),
    );
    timer.unref();
    pump();
  };

  const pump = (): void => {
    while (queue.length > 0 && (inFlight < MAX_IN_FLIGHT || stopping?.aborted === true)) void send(queue.shift()!);
  };

  const enqueue = (poke: Poke): void => {
    const entry = { ...poke, sent: false, again: false };
    entries.set(poke.twin.id, entry);
    queue.push(entry);
    pump();
  };

  stopping?.addEventListener('abort', () => {
    for (const entry of entries.values()) if (entry.again) enqueue(entry);
    pump();
  });

  /** Once it stops, only what comes in together is one: nothing is held back for later. */
  const late = new Set<string>();
  const pokeSoon = (poke: Poke): void => {
    const { id } = poke.twin;
    if (late.has(id)) return;
    late.add(id);
    setImmediate(() => {
      late.delete(id);
      enqueue(poke);
    });
  };

  const want = (poke: Poke): void => {
    if (stopping?.aborted === true) return pokeSoon(poke);
    const entry = entries.get(poke.twin.id);
    const isNews = entry === undefined || poke.intervalMs < entry.intervalMs || poke.watermark !== entry.watermark;
    if (isNews) enqueue(poke);
    else if (entry.sent) entry.again = true;
  };

  return {
    due: (twin, watermark) => want({ twin, intervalMs: DUE_INTERVAL_MS, watermark }),
    watched: (twin) => want({ twin, intervalMs: PROBATION_INTERVAL_MS, watermark: WATCHED }),
  };
}
