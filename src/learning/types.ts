import type { CheckName } from '../gate/types.ts';
import type { Manifest, Operation } from '../persona/operation.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import type { DropReason } from './suggestions/parse-answer.ts';
import type { ModuleQuestion } from './suggestions/question.ts';

/** One row of the ledger as the learner sees it. Votes and retractions alike; nothing is ever rewritten. */
export interface LedgerEvent {
  readonly event_id: string;
  readonly twin_id: string;
  /** The vote's key in its twin (trace, message, rater): a later row of the same key replaces an earlier one. */
  readonly vote_key: string;
  readonly kind: 'vote' | 'retraction';
  /** 1 or -1; 0 on a retraction. */
  readonly score: -1 | 0 | 1;
  /** Null is an anonymous rater. */
  readonly rater_id: string | null;
  readonly source: 'user' | 'judge';
  readonly intent_label: string;
  /** The modules that made the answer, each with the hash of its text where the server recorded it ('' where not). */
  readonly modules: readonly { readonly id: string; readonly hash: string }[];
  /** Milliseconds since the epoch. */
  readonly occurred_at: number;
  /** Order of arrival in a twin: of the rows of one key the highest stands. 0 where there is none, as in a file. */
  readonly seq: number;
}

/** A module of a twin's published spec, as far as learning needs it. */
export interface PublishedModule {
  readonly id: string;
  readonly hash: string;
  readonly status: 'draft' | 'active' | 'archived';
  readonly confidence: number;
  readonly pinned: boolean;
}

/** By twin id, the texts it publishes: which hash stands under which module id. */
export type PublishedTexts = ReadonlyMap<string, readonly Pick<PublishedModule, 'id' | 'hash'>[]>;

/** What the fit says of one module of one twin. */
export interface ModuleEstimate {
  readonly twin_id: string;
  readonly id: string;
  readonly hash: string;
  readonly lift: { readonly mean: number; readonly sd: number };
  /** P(lift < -0.20). */
  readonly p_harm: number;
  /** Unclipped and unrounded mean of sigmoid over the twin's own answers, with its 80 % band. */
  readonly confidence: number;
  readonly band: { readonly low: number; readonly high: number };
  readonly effective_n: number;
  readonly human_raters: number;
  /** True from p_harm >= 0.8. */
  readonly watch: boolean;
}

/** An operation that was rejected or rolled back, and the weight of evidence it had then. */
export interface Veto {
  readonly id: string;
  readonly path: string;
  readonly op: Operation['op'];
  /** The value proposed then, or 'up' / 'down' for a confidence. */
  readonly to: unknown;
  readonly effective_votes: number;
  readonly events: number;
}

/** An operation the evidence speaks for but a rule withheld, with that rule's name. */
export interface Withheld {
  readonly operation: Operation;
  readonly reason: 'veto' | 'single_rater_dependent' | 'budget' | 'owner_only' | 'gate';
  readonly veto_id?: string;
  /** Of `gate`: the checks that it would not pass. */
  readonly checks?: readonly CheckName[];
}

export interface Proposals {
  /** In the order they are applied; at most 12, at most 3 of them status changes. */
  readonly operations: Manifest;
  readonly withheld: readonly Withheld[];
  readonly modules: readonly ModuleEstimate[];
  /** Effective (canonical, in time, not retracted) votes of the twin. */
  readonly effective_events: number;
  /** Only where it was asked for. */
  readonly suggestions?: Suggestions;
}

/** What a language model may be asked, and what became of its answers. */
export interface Suggestions {
  readonly questions: readonly ModuleQuestion[];
  /** Operations that its answers hold and that are allowed, and how many of them the candidate has. */
  readonly suggested: number;
  readonly taken: number;
  /** How often each reason dropped the rest of its answers. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

export interface LearnInput {
  readonly twin_id: string;
  readonly active: PersonaSpec;
  /** Every ledger row of the tenant in the snapshot, any order, duplicates allowed. */
  readonly events: readonly LedgerEvent[];
  /** Milliseconds since the epoch; later events are ignored. */
  readonly as_of: number;
  readonly vetoes: readonly Veto[];
  readonly anonymous_as_raters?: boolean;
  /** What the tenant's other twins publish; `active` stands for this twin. */
  readonly published?: PublishedTexts;
}
