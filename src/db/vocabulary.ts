import type { Verdict } from '../gate/types.ts';
import type { PokeSource } from '../learning/decide.ts';
import type { DropReason } from '../learning/suggestions/parse-answer.ts';
import type { LlmErrorKind } from '../llm/model.ts';

export const KEY_ROLES = ['owner', 'ingest', 'viewer'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export const INTERACTION_CONTEXTS = ['owner_training', 'owner_chat', 'public_share', 'public_widget'] as const;
export type InteractionContext = (typeof INTERACTION_CONTEXTS)[number];
export const OWNER_CONTEXTS = ['owner_training', 'owner_chat'] as const satisfies readonly InteractionContext[];

export const JOB_TYPES = [
  'ingestion',
  'reindex',
  'health_check',
  'other',
  'graph_extraction',
  'content_extraction',
  'feedback_learning',
] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_STATUSES = ['queued', 'processing', 'needs_attention', 'complete', 'failed'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** The steps of a learning job, in order; `done` once it is closed. */
export const JOB_STEPS = ['learn', 'gate', 'publish', 'finish', 'done'] as const;
export type JobStep = (typeof JOB_STEPS)[number];

export type PublishDecision = 'published' | 'held' | 'refused' | 'no_candidate';
export type NoCandidateReason = 'nothing_to_change' | 'all_suppressed' | 'no_active_persona' | 'parent_changed';
export type SpecStatus = 'draft' | 'active' | 'archived';
export type SpecOrigin = 'owner' | 'learned' | 'rollback';
export type SpecReview = 'held' | 'approved' | 'rejected' | 'superseded';
export type LogLevel = 'info' | 'warning' | 'error';
export type JobTrigger = PokeSource | 'retry';

/** How a run's language model did: what GET /jobs/{id} shows of it. Figures only, none of its words. */
export interface LlmReport {
  readonly model: string;
  /** Questions begun, those of them with an answer, and those of these that were kept from before. */
  readonly asked: number;
  readonly answered: number;
  readonly cached: number;
  /** Questions that went to the endpoint, and the time spent waiting for it. */
  readonly calls: number;
  readonly ms: number;
  /** Operations that were allowed, and those of them in the candidate. */
  readonly suggested: number;
  readonly taken: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Of the last question that failed. */
  readonly error: LlmErrorKind | null;
}

/** The reference's keys, all of them, plus ours. Null until the step that knows it has run. */
export interface JobMetadata {
  readonly trigger: JobTrigger;
  readonly tenant_id: string;
  readonly created_by: string;
  readonly min_events: number;
  readonly pending_events_at_enqueue: number;
  readonly auto_publish: boolean;
  readonly run_regression_gate: boolean;
  readonly feedback_learning_run_id: string;
  readonly events_scanned: number | null;
  readonly events_processed: number | null;
  readonly modules_updated: number | null;
  readonly publish_decision: PublishDecision | null;
  readonly gate_passed: boolean | null;
  readonly gate_verdict: Verdict | null;
  readonly forced: boolean;
  /** What the request said; the publish step re-reads policy only where it said nothing. */
  readonly requested: { readonly auto_publish?: boolean; readonly run_regression_gate?: boolean };
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly retry_of: string | null;
  /** Null where no language model is configured; absent before the learn step. */
  readonly llm?: LlmReport | null;
}
