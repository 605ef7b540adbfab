/** Why a vote was given: the reference's codes. */
export const REASONS = [
  'great_answer',
  'helpful',
  'incorrect',
  'hallucination',
  'off_topic',
  'incomplete',
  'other',
] as const;
type Reason = (typeof REASONS)[number];

/** What a chat shows beside its thumbs. */
export const REASON_LABELS: { readonly positive: readonly Labelled[]; readonly negative: readonly Labelled[] } = {
  positive: [
    { reason: 'great_answer', label: 'Great answer' },
    { reason: 'helpful', label: 'Helpful' },
    { reason: 'other', label: 'Something else' },
  ],
  negative: [
    { reason: 'incorrect', label: 'Incorrect' },
    { reason: 'hallucination', label: 'Made up' },
    { reason: 'off_topic', label: 'Off topic' },
    { reason: 'incomplete', label: 'Incomplete' },
    { reason: 'other', label: 'Something else' },
  ],
};

interface Labelled {
  readonly reason: Reason;
  readonly label: string;
}
