/** Whose votes a load casts. Twins are `<prefix>0` to `<prefix><count - 1>`, each in turn. */
export interface VoteSource {
  /** Names the votes of this load, each on a trace of its own; without `%`, `_` and `:`. */
  readonly run: string;
  readonly apiKey: string;
  readonly twinPrefix: string;
  readonly twins: number;
}

/** The event id of a run's n-th vote. */
export const eventId = (run: string, n: number): string => `${run}:${n}`;

/** For SQL's LIKE: the event ids of a run, and none of a run whose name only begins the same. */
export const eventsOfRun = (run: string): string => `${run}:%`;

const RATERS = 5_000;
const MODULES = ['style.plain_words', 'factual.background_first', 'advice.one_step'] as const;
const COMMENTS = [
  'Too long, and the first half only repeats my question.',
  'Exactly what I needed: it named the two documents and told me which one to send first.',
  'It sounds like a brochure. I asked what she would do herself.',
  'The second paragraph contradicts the first: is the deadline in March or in May?',
] as const;

/** The bytes of one vote's request: one in three is a thumb down with a reason, one in four has a comment. */
export function voteRequest({ run, apiKey, twinPrefix, twins }: VoteSource, n: number): string {
  const down = n % 3 === 0;
  const body = JSON.stringify({
    twin_id: `${twinPrefix}${n % twins}`,
    event_id: eventId(run, n),
    rater_id: `reader-${n % RATERS}`,
    score: down ? -1 : 1,
    ...(down ? { reason: 'off_topic' } : {}),
    ...(n % 4 === 0 ? { comment: COMMENTS[(n / 4) % COMMENTS.length] } : {}),
    intent_label: 'advice_or_stance',
    module_ids: [MODULES[n % MODULES.length]],
  });
  return `POST /feedback/${run}-t${n} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
