/**
 * The wire between clients, workflows and activities. Vocabulary:
 *   twin   a chat persona that learns; one long-running workflow each
 *   poke   a signal without content: "look at your row again"; the row in Postgres is the truth
 *   plan   the transaction that decides what the workflow does next
 *   cycle  plan, learn, gate, publish, finish
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LearningDecision, PokeSource } from '../learning/decide.ts';

export const TASK_QUEUES = { control: 'twin-control', learning: 'twin-learning' } as const;
export const SWEEP_SCHEDULE_ID = 'feedback-learning-sweep';
export const TWIN_WORKFLOW = 'twinWorkflow';
export const SWEEP_WORKFLOW = 'sweepWorkflow';

export const twinWorkflowId = (twinId: string): string => `twin-${twinId}`;

export const SEARCH_ATTRIBUTES = {
  twinId: defineSearchAttributeKey('TwinId', 'KEYWORD'),
  tenantId: defineSearchAttributeKey('TenantId', 'KEYWORD'),
  learningState: defineSearchAttributeKey('LearningState', 'KEYWORD'),
  lastDecision: defineSearchAttributeKey('LastDecision', 'KEYWORD'),
} as const;

export interface Poke {
  readonly source?: PokeSource;
}

export interface TwinWorkflowInput {
  readonly twinId: string;
}

export interface SweepInput {
  readonly minEvents: number;
  readonly limitTwins: number;
  /** Only this tenant's twins; absent for the Schedule and the command, which sweep all. */
  readonly tenantId?: string;
}

export interface SweepDecision {
  readonly twin_id: string;
  readonly enqueued: boolean;
  readonly reason: 'due' | 'stale_job' | 'not_purged' | 'probation_over' | 'poke_failed';
}

export interface SweepSummary {
  readonly status: 'completed';
  readonly required_events: number;
  readonly twins_considered: number;
  readonly jobs_enqueued: number;
  readonly decisions: readonly SweepDecision[];
}

/** Body of `requestRun`; every absent knob is the policy's. */
export interface RunRequest {
  readonly request_id: string;
  readonly force: boolean;
  readonly actor: string;
  readonly min_events?: number;
  readonly auto_publish?: boolean;
  readonly run_regression_gate?: boolean;
  readonly reason?: string;
}

export type RunAnswer = LearningDecision | { enqueued: false; reason: 'gone' };

export type TwinPhase = 'planning' | 'learning' | 'gating' | 'publishing' | 'finishing' | 'waiting' | 'purging';

export interface TwinQueryResult {
  readonly phase: TwinPhase;
  /** Instant of the timer it waits for (ISO 8601), or null. */
  readonly until: string | null;
}

/** A vote came in: wakes the loop, except during a cooldown. */
export const feedbackCaptured = defineSignal<[Poke?]>('feedbackCaptured');
/** A command changed the row: always wakes the loop. */
export const stateChanged = defineSignal<[Poke?]>('stateChanged');
/** The one update: its caller wants the workflow's own answer. */
export const requestRun = defineUpdate<RunAnswer, [RunRequest]>('requestRun');
export const learningState = defineQuery<TwinQueryResult>('learningState');

/** The encoding that an encrypted payload names, as in Temporal's own samples. */
export const ENCRYPTED = 'binary/encrypted';
