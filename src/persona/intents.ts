/** The eight intents a question can have; the wire's closed vocabulary. */
export const INTENTS = [
  'factual_with_evidence',
  'advice_or_stance',
  'action_or_tool_execution',
  'ambiguity_or_clarify',
  'disagreement_or_conflict',
  'summarize_or_transform',
  'meta_or_system',
  'sensitive_boundary_or_refusal',
] as const;

export type Intent = (typeof INTENTS)[number];

export const DEFAULT_INTENT: Intent = 'factual_with_evidence';

/** A label as sent by a client; anything unknown, empty or missing becomes the default intent. */
export function toIntent(label: string | null | undefined): Intent {
  return INTENTS.find((intent) => intent === label) ?? DEFAULT_INTENT;
}

/** Who reads the answer: the owner, or anybody else. */
export const CHANNELS = ['owner', 'public'] as const;
export type Channel = (typeof CHANNELS)[number];
