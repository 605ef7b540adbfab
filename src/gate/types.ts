import { z } from 'zod';
import { CHANNELS } from '../persona/intents.ts';
import type { Manifest } from '../persona/operation.ts';
import type { PersonaSpec } from '../persona/spec.ts';

/** A regression case: a question, what its prompt plan must hold, and answers with the rules they must break. */
export const regressionCaseSchema = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9._:-]+$/),
  intent_label: z.string().min(1).max(100),
  channel: z.enum(CHANNELS).default('public'),
  query: z.string().max(20_000),
  adversarial: z.boolean().default(false),
  plan: z
    .strictObject({
      includes: z.array(z.string().min(1)).max(50).default([]),
      excludes: z.array(z.string().min(1)).max(50).default([]),
      module_ids: z.array(z.string().min(1)).max(50).default([]),
    })
    .prefault({}),
  answers: z
    .array(z.strictObject({ text: z.string().max(20_000), violates: z.array(z.string()).max(20).default([]) }))
    .max(20)
    .default([]),
});
export type RegressionCase = z.infer<typeof regressionCaseSchema>;

/** A recorded, rated answer of the twin: the replay set. Pure data, one per effective vote that has a text. */
export interface RatedAnswer {
  readonly event_id: string;
  readonly score: -1 | 1;
  readonly rater_id: string | null;
  readonly intent_label: string;
  readonly answer: string;
}

export type CheckName =
  | 'lineage'
  | 'constitution'
  | 'provenance'
  | 'protected'
  | 'bans_kept'
  | 'injection'
  | 'budget'
  | 'plan'
  | 'golden'
  | 'replay_liked'
  | 'replay_useful'
  | 'behaviour';

export interface CheckResult {
  readonly name: CheckName;
  readonly status: 'pass' | 'fail' | 'inconclusive' | 'skipped';
  /** One sentence for the owner, without feedback text. */
  readonly detail: string;
  /** Figures and ids behind the sentence. */
  readonly data?: Record<string, unknown>;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface GateReport {
  readonly verdict: Verdict;
  readonly candidate_version: string;
  readonly parent_version: string;
  /** What the report is bound to; a change of any makes it stale. */
  readonly candidate_hash: string;
  readonly parent_hash: string;
  readonly case_set_hash: string;
  readonly replay_hash: string;
  readonly checks: readonly CheckResult[];
}

export interface GateInput {
  readonly active: PersonaSpec;
  readonly candidate: PersonaSpec;
  /** Null: no manifest (an owner's draft, or the command without one); lineage and provenance are skipped. */
  readonly manifest: Manifest | null;
  /** Operations that `learn` gives again on the run's snapshot; null when they cannot be recomputed here. */
  readonly relearned: Manifest | null;
  /** Parent version and hash that the candidate names; null without lineage. */
  readonly parent: { readonly version: string; readonly hash: string } | null;
  /** The twin's own cases; the built-in ones are always added. */
  readonly cases: readonly RegressionCase[];
  readonly rated: readonly RatedAnswer[];
  /** False skips golden and replay (policy `run_regression_gate`); the structural checks always run. */
  readonly regression: boolean;
}
