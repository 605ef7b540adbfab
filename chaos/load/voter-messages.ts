/** Votes of one request, as the API takes them. */
export type Ballots = readonly {
  readonly trace_id: string;
  readonly event_id: string;
  readonly twin_id: string;
  readonly [more: string]: unknown;
}[];

interface Target {
  readonly urls: readonly string[];
  readonly apiKey: string;
  /** File that the answers are written to, a line of JSON each. */
  readonly log: string;
}

export type VoterMessage =
  | (Target & {
      readonly do: 'vote';
      /** Names the votes of this load: event ids are `<run>:<n>`. */
      readonly run: string;
      readonly twins: readonly string[];
      readonly perSecond: number;
      readonly comment: string;
    })
  | (Target & { readonly do: 'send'; readonly ballots: Ballots })
  /** Ends the load once every vote has its 202, or nobody has answered for long. */
  | { readonly do: 'stop' };

export interface VoterReport {
  readonly stopped: true;
}

/** A line of the log. Times are ms since the epoch. */
export interface VoteLine {
  readonly sent: number;
  readonly at: number;
  readonly accepted?: { readonly twin_id: string; readonly event_id: string };
  /** Why there was no 202: Node's code of a broken connection, `timeout`, a status, or `given up`. */
  readonly failed?: string;
  readonly event_id?: string;
}
