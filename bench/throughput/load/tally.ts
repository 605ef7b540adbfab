import { quantile } from '../statistics.ts';
import type { LoadResult } from './load.ts';

/** A connection that broke. */
const BROKEN = 0;
const ACCEPTED = 202;

/** Counts the answers of one load. */
export class Tally {
  readonly #start = performance.now();
  readonly #times: number[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #refusedVotes: number[] = [];
  #accepted = 0;
  #last = this.#start;
  #longestGap = 0;

  /** `since` is when the vote was sent or, in an open loop, when it should have been. */
  add(vote: number, status: number | undefined, since: number): void {
    const now = performance.now();
    if (status !== ACCEPTED) {
      const name = String(status ?? BROKEN);
      this.#refused[name] = (this.#refused[name] ?? 0) + 1;
      this.#refusedVotes.push(vote);
      return;
    }
    this.#accepted += 1;
    this.#times.push(now - since);
    this.#longestGap = Math.max(this.#longestGap, now - this.#last);
    this.#last = now;
  }

  /** A vote that no connection was free for: it waited at least until now. */
  neverSent(since: number): void {
    this.#refused['never sent'] = (this.#refused['never sent'] ?? 0) + 1;
    this.#times.push(performance.now() - since);
  }

  result(): LoadResult {
    const seconds = (performance.now() - this.#start) / 1_000;
    const times = this.#times.sort((a, b) => a - b);
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      refusedVotes: this.#refusedVotes,
      seconds,
      perSecond: this.#accepted / seconds,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      slowest: times.at(-1) ?? Number.NaN,
      longestGap: this.#longestGap,
    };
  }
}
