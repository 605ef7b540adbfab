import { createHash } from 'node:crypto';

interface Identified {
  readonly trace_id: string;
  readonly message_id: string;
  readonly rater_id: string | null;
  readonly event_id: string | null;
}

const hash = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * What a later vote replaces: (trace, message, rater) in its twin. The rater is named, else anonymous; an anonymous
 * vote with an event id is a key of its own, because two of them are not known to be one person's.
 */
export function voteKey({ trace_id, message_id, rater_id, event_id }: Identified): string {
  const rater = rater_id !== null ? ['rater', rater_id] : event_id !== null ? ['event', event_id] : ['anonymous'];
  return hash([trace_id, message_id, ...rater]);
}

/** A judge's result is a key of its own: it replaces nobody's vote, and no vote replaces it. */
export function judgeKey({ trace_id, message_id }: Identified, event_id: string): string {
  return hash([trace_id, message_id, 'judge', event_id]);
}

/** Tells a repeated event id from a reused one: all that the caller said, none of what the server added. */
export function bodyHash(
  vote: Identified & {
    readonly score: number;
    readonly reason: string | null;
    readonly comment: string | null;
    readonly query: string | null;
    readonly answer: string | null;
    readonly conversation_id: string | null;
    readonly occurred_at: Date | null;
  },
): string {
  const { trace_id, message_id, rater_id, score, reason, comment, query, answer, conversation_id } = vote;
  const occurred = vote.occurred_at?.toISOString() ?? null;
  return hash([trace_id, message_id, rater_id, score, reason, comment, query, answer, conversation_id, occurred]);
}
