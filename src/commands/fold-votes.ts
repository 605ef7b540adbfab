import type { KeyState } from '../db/ledger.ts';

/** What a new row of a key does to the twin's pending count, given the key's state before it. */
export interface Fold {
  readonly duplicate: boolean;
  /** Change of `pending_events`: -1, 0 or 1. */
  readonly delta: number;
  readonly after: KeyState;
}

/** A key is pending when it changed since the watermark and was in evidence then or is now (invariant I9). */
function isPending(key: KeyState | undefined, watermark: number): boolean {
  return key !== undefined && key.seq > watermark && (key.taken_live || key.live);
}

/** Appends one row to a key; the same score, reason, comment and answer as the vote that stands is a duplicate. */
export function foldRow(before: KeyState | undefined, row: Omit<KeyState, 'taken_live'>, watermark: number): Fold {
  const same =
    before !== undefined &&
    before.score === row.score &&
    before.reason === row.reason &&
    before.comment === row.comment &&
    before.answer === row.answer &&
    before.live === row.live;
  if (same) return { duplicate: true, delta: 0, after: before };
  // Before its first row beyond the watermark, a key's newest row is the one that was taken.
  const taken_live = before === undefined ? false : before.seq > watermark ? before.taken_live : before.live;
  const after = { ...row, taken_live };
  return { duplicate: false, delta: Number(isPending(after, watermark)) - Number(isPending(before, watermark)), after };
}
