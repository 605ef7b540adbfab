import type { VoteSource } from './vote-request.ts';

interface LoadBase {
  /** Of the servers: connections are spread evenly over them. */
  readonly urls: readonly string[];
  readonly votes: VoteSource;
  readonly connections: number;
}

/** Each connection sends its next vote when the last one is answered. */
export interface ClosedLoad extends LoadBase {
  readonly kind: 'closed';
  /** Ends after so many seconds, or so many votes. */
  readonly seconds?: number;
  readonly count?: number;
}

/** A vote every `1 / perSecond` seconds, however long the answers take; one that finds no connection free waits. */
export interface OpenLoad extends LoadBase {
  readonly kind: 'open';
  readonly seconds: number;
  readonly perSecond: number;
}

export type Load = ClosedLoad | OpenLoad;

/** What the load generator counted. Times are milliseconds, in an open loop from the instant a vote was due. */
export interface LoadResult {
  readonly accepted: number;
  /** Votes without a 202, by status; 0 is a connection that broke. */
  readonly refused: Readonly<Record<string, number>>;
  /** Numbers of the votes that were sent and got no 202. */
  readonly refusedVotes: readonly number[];
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  /** Longest time in which no answer came. */
  readonly longestGap: number;
}

/** A load's figures, with the number of votes that got no 202 in place of their list. */
export function figuresOf(load: LoadResult): object {
  return { ...load, refusedVotes: load.refusedVotes.length };
}
