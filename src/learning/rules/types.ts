import type { RegressionCase } from '../../gate/types.ts';
import type { Manifest } from '../../persona/operation.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import type { ModelAnswers } from '../suggestions/propose-suggestions.ts';
import type { ModuleEvidence } from '../suggestions/subjects.ts';
import type { LedgerEvent, Veto } from '../types.ts';

/** One row of a twin's ledger with its texts, votes and retractions alike. A text that is not known is null. */
export interface RuleVote extends Pick<
  LedgerEvent,
  'event_id' | 'vote_key' | 'kind' | 'score' | 'rater_id' | 'intent_label' | 'occurred_at' | 'seq'
> {
  /** The request's code. */
  readonly reason: string | null;
  readonly comment: string | null;
  readonly answer: string | null;
}

export interface RulesInput {
  readonly twin_id: string;
  readonly active: PersonaSpec;
  /** Every human row of the twin in the snapshot, any order, duplicates allowed. */
  readonly votes: readonly RuleVote[];
  /** Milliseconds since the epoch; later rows are ignored. */
  readonly as_of: number;
  readonly vetoes: readonly Veto[];
  /** Each vote without a rater is a rater of its own: for files, never for live votes. */
  readonly anonymous_as_raters?: boolean;
  /** The twin's own regression cases; the built-in ones always count. */
  readonly cases?: readonly RegressionCase[];
  /** Operations that the candidate has already, which the rules join. */
  readonly before?: Manifest;
  /** At most so many operations, those of `before` not counted. */
  readonly limit?: number;
  /** Given: the rules say what a language model should be asked, and take what it answered, if it did. */
  readonly suggesting?: ModuleEvidence & { readonly answers: ModelAnswers | null };
}
