import type { PokeSource } from '../learning/decide.ts';

/** What the signal handlers count, and what the loop has seen of it. Plain numbers: the row says what is true. */
export interface LoopState {
  votes: number;
  changes: number;
  seenVotes: number;
  seenChanges: number;
  /** Requests for a run that came in, and those of them that have their answer. */
  asked: number;
  answered: number;
  /** Who poked since the last plan; the first to say so names the run that follows. */
  source: PokeSource | null;
}

export const newLoopState = (): LoopState => ({
  votes: 0,
  changes: 0,
  seenVotes: 0,
  seenChanges: 0,
  asked: 0,
  answered: 0,
  source: null,
});

const SOURCES: readonly unknown[] = ['feedback_event', 'scheduled_sweep', 'manual'] satisfies PokeSource[];

/** A poke's source; anything else that somebody sent from a command line is as good as none. */
export function sourceOf(poke: unknown): PokeSource | null {
  const source = typeof poke === 'object' && poke !== null && 'source' in poke ? poke.source : null;
  return SOURCES.includes(source) ? (source as PokeSource) : null;
}

/** Begins a plan: what has been counted up to here is seen, and its source is used up. */
export function beginPlan(state: LoopState): PokeSource {
  state.seenVotes = state.votes;
  state.seenChanges = state.changes;
  const source = state.source ?? 'feedback_event';
  state.source = null;
  return source;
}

/** During a timer only a change wakes: the timer's instant already takes the votes into account. */
export function hasNews(state: LoopState, duringTimer: boolean): boolean {
  return state.changes !== state.seenChanges || (!duringTimer && state.votes !== state.seenVotes);
}
