import { canonicalVotes, DAY_MS } from './canonical.ts';
import type { LedgerEvent } from './types.ts';

/** The canonical votes of a tenant, in columns; index i is the same vote everywhere. */
export interface Ledger {
  readonly votes: readonly LedgerEvent[];
  readonly twins: readonly string[];
  /** Votes of twin t are first[t] to first[t + 1] - 1. */
  readonly first: Int32Array;
  /** Age in days at `as_of`. */
  readonly age: Float64Array;
  /** Votes of one group share one rater's weight in one twin. */
  readonly group: Int32Array;
  readonly groups: number;
  /** Votes of one rater, over all twins: what leaving one rater out leaves out. */
  readonly rater: Int32Array;
  readonly raters: number;
  /** 1 where the rater counts towards the human raters of a module. */
  readonly human: Uint8Array;
}

/** Numbers for names, in order of first sight. */
function interner(): { of(name: string): number; size(): number } {
  const ids = new Map<string, number>();
  return {
    of(name) {
      const known = ids.get(name);
      if (known !== undefined) return known;
      ids.set(name, ids.size);
      return ids.size - 1;
    },
    size: () => ids.size,
  };
}

/**
 * Who cast a vote. Nobody can tell the anonymous voters of a twin apart, so they weigh as one rater a day, and leaving
 * one rater out leaves out all of them.
 */
function raterOf(vote: LedgerEvent, anonymousAsRaters: boolean): { name: string; group: string } {
  const { twin_id, source, rater_id } = vote;
  if (rater_id === null && !(anonymousAsRaters && source === 'user')) {
    const name = `${source}\u0000anonymous\u0000${twin_id}`;
    return { name, group: `${name}\u0000${Math.floor(vote.occurred_at / DAY_MS)}` };
  }
  const name =
    rater_id === null
      ? `${source}\u0000row\u0000${twin_id}\u0000${vote.vote_key}`
      : `${source}\u0000id\u0000${rater_id}`;
  return { name, group: `${name}\u0000${twin_id}` };
}

/** Columns of the votes that count at `as_of`; with `anonymousAsRaters` each vote without a rater is a rater of its own. */
export function buildLedger(events: readonly LedgerEvent[], as_of: number, anonymousAsRaters: boolean): Ledger {
  const votes = canonicalVotes(events, as_of);
  const twins: string[] = [];
  const first: number[] = [];
  const age = new Float64Array(votes.length);
  const group = new Int32Array(votes.length);
  const rater = new Int32Array(votes.length);
  const human = new Uint8Array(votes.length);
  const groups = interner();
  const raters = interner();
  votes.forEach((vote, index) => {
    if (twins.at(-1) !== vote.twin_id) {
      twins.push(vote.twin_id);
      first.push(index);
    }
    const who = raterOf(vote, anonymousAsRaters);
    age[index] = (as_of - vote.occurred_at) / DAY_MS;
    group[index] = groups.of(who.group);
    rater[index] = raters.of(who.name);
    human[index] = vote.source === 'user' && (vote.rater_id !== null || anonymousAsRaters) ? 1 : 0;
  });
  first.push(votes.length);
  return {
    votes,
    twins,
    first: Int32Array.from(first),
    age,
    group,
    groups: groups.size(),
    rater,
    raters: raters.size(),
    human,
  };
}
