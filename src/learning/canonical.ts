import { createHash } from 'node:crypto';
import type { LedgerEvent } from './types.ts';

export const DAY_MS = 86_400_000;
/** Votes count for a year. */
export const HORIZON_DAYS = 365;

/** Code unit order: the same on every machine, unlike a locale's. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function contentOf(event: LedgerEvent): string {
  return JSON.stringify([event.kind, event.score, event.rater_id, event.source, event.intent_label, event.modules]);
}

/**
 * Which row of a key stands, here as in the count of pending votes: the one that came in last, whatever time it names.
 * Rows of a file have no order of arrival: time decides, then a hash of the id, which nobody can aim at.
 */
function compareArrival(a: LedgerEvent, b: LedgerEvent): number {
  return (
    a.seq - b.seq ||
    a.occurred_at - b.occurred_at ||
    (a.event_id === b.event_id ? 0 : compareText(sha256(a.event_id), sha256(b.event_id))) ||
    compareText(contentOf(a), contentOf(b))
  );
}

/**
 * The votes that count at `as_of` (milliseconds since the epoch): later rows dropped, the last row of each twin and vote
 * key, nothing where that is a retraction or over a year old; by twin, then event id. Independent of the input's order.
 * Throws RangeError for a time that is not a finite number.
 */
export function canonicalVotes(events: readonly LedgerEvent[], as_of: number): LedgerEvent[] {
  const oldest = as_of - HORIZON_DAYS * DAY_MS;
  const latest = new Map<string, LedgerEvent>();
  for (const event of events) {
    if (!Number.isFinite(event.occurred_at)) {
      throw new RangeError(`event ${event.event_id} has no time: occurred_at is ${event.occurred_at}`);
    }
    if (event.occurred_at > as_of) continue;
    const key = `${event.twin_id}\u0000${event.vote_key}`;
    const other = latest.get(key);
    if (other === undefined || compareArrival(event, other) > 0) latest.set(key, event);
  }
  return [...latest.values()]
    .filter((event) => event.kind === 'vote' && event.score !== 0 && event.occurred_at >= oldest)
    .sort(
      (a, b) =>
        compareText(a.twin_id, b.twin_id) || compareText(a.event_id, b.event_id) || compareText(a.vote_key, b.vote_key),
    );
}
