import type { LearningDecision } from './decide.ts';

export const LEARNING_STATES = [
  'paused',
  'learning',
  'gating',
  'publishing',
  'backoff',
  'cooldown',
  'held',
  'probation',
  'collecting',
  'idle',
] as const;
type LearningState = (typeof LEARNING_STATES)[number];

/** What the answer to "why not now" is made of. Instants are from Postgres' clock. */
export interface LearningFacts {
  readonly now: Date;
  readonly paused_at: Date | null;
  readonly open_step: 'learn' | 'gate' | 'publish' | 'finish' | 'done' | null;
  readonly failures: number;
  readonly backoff_until: Date | null;
  readonly cooldown_until: Date | null;
  readonly cooldown_minutes: number;
  readonly pending_events: number;
  readonly required_events: number;
  readonly has_persona: boolean;
  readonly held: { readonly version: string; readonly reasons: readonly string[] } | null;
  /** The live version is watched until then; `figures` is the sentence of its votes so far, where they were counted. */
  readonly probation: { readonly version: string; readonly until: Date; readonly figures: string | null } | null;
  readonly decision: LearningDecision;
}

export interface LearningStatus {
  readonly state: LearningState;
  /** One sentence for the operator: why it does not learn now, and what would change that. */
  readonly message: string;
}

const votes = (count: number): string => `${count} new vote${count === 1 ? '' : 's'}`;
const at = (instant: Date): string => `${instant.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const STEP_STATES = {
  learn: ['learning', 'A run is learning from the votes.'],
  gate: ['gating', 'The regression gate is comparing the candidate with the live persona.'],
  publish: ['publishing', 'The candidate is being published, held or refused.'],
  finish: ['publishing', 'The run is being closed.'],
  done: ['publishing', 'The run is being closed.'],
} as const;

/** The first state that applies, in the order of LEARNING_STATES. */
export function describeLearning(facts: LearningFacts): LearningStatus {
  const { now, pending_events: pending, required_events: required } = facts;
  const waiting = `${votes(pending)} wait${pending === 1 ? 's' : ''}, ${required} are needed`;

  if (facts.paused_at !== null) {
    return {
      state: 'paused',
      message: `Paused by the owner since ${at(facts.paused_at)}; resume to learn. ${waiting}.`,
    };
  }
  if (facts.open_step !== null) {
    const [state, message] = STEP_STATES[facts.open_step];
    return { state, message };
  }
  if (facts.backoff_until !== null && now < facts.backoff_until) {
    const until = at(facts.cooldown_until ?? facts.backoff_until);
    const attention = facts.failures >= 3 ? ' It needs your attention: see the job log, then retry the job.' : '';
    return {
      state: 'backoff',
      message: `The last ${facts.failures === 1 ? 'run' : `${facts.failures} runs`} failed; next try at ${until}.${attention}`,
    };
  }
  if (facts.cooldown_until !== null && now < facts.cooldown_until) {
    const held = facts.held === null ? '' : ` Version ${facts.held.version} waits for your approval.`;
    return {
      state: 'cooldown',
      message: `Cooling down until ${at(facts.cooldown_until)} (${facts.cooldown_minutes} minutes from the last run's start); ${waiting}.${held}`,
    };
  }
  if (facts.held !== null) {
    const why = facts.held.reasons.length === 0 ? '' : ` Why it is held: ${facts.held.reasons.join(' ')}`;
    return { state: 'held', message: `Version ${facts.held.version} waits for your approval; ${waiting}.${why}` };
  }
  if (facts.probation !== null) {
    const { version, until, figures } = facts.probation;
    const far = figures === null ? '' : ` ${figures[0]?.toUpperCase()}${figures.slice(1)}`;
    return {
      state: 'probation',
      message: `Version ${version} is on probation until ${at(until)} at the latest; ${waiting}.${far}`,
    };
  }
  if (pending === 0) return { state: 'idle', message: `No new votes; ${required} are needed for the next run.` };
  if (!facts.decision.enqueued) return { state: 'collecting', message: `Collecting: ${waiting}.` };
  return {
    state: 'collecting',
    message: facts.has_persona
      ? `Due: ${waiting}; the run begins when a worker takes it.`
      : `Due, but there is no persona to improve: create a first persona spec. ${waiting}.`,
  };
}
