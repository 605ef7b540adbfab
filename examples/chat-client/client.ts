import createClient from 'openapi-fetch';
// npm run types -w examples/chat-client makes it of openapi.json
import type { components, paths } from './twinloop.d.ts';

type Prompt = components['schemas']['Prompt'];
type Reason = NonNullable<components['schemas']['Vote']['reason']>;

export interface TwinOptions {
  readonly url: string;
  /** A key with the role `ingest` is enough. */
  readonly apiKey: string;
  readonly twinId: string;
  /** System prompt to begin with, for the day on which Twinloop is away before it was ever there. */
  readonly fallbackPrompt: string;
  /** How long an answer of the chat may wait for its prompt. */
  readonly timeoutMs?: number;
}

/** What a chat needs to answer one question, and to vote on the answer later. */
export interface Turn {
  readonly traceId: string;
  readonly system: string;
  readonly intent: string;
  /** The prompt it is made of; null when it is `fallbackPrompt`. */
  readonly prompt: Prompt | null;
}

export interface Rating {
  readonly score: 1 | -1;
  readonly raterId?: string;
  readonly reason?: Reason;
  readonly comment?: string;
  readonly answer?: string;
}

/** A chat server's side of Twinloop. Twinloop may be slow or away: the chat goes on with the last good prompt. */
export function connectTwin({ url, apiKey, twinId, fallbackPrompt, timeoutMs = 800 }: TwinOptions) {
  const api = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${apiKey}` } });
  const lastGood = new Map<string, Prompt>();

  return {
    /** The system prompt for a question. Never throws, and never takes longer than the time-out. */
    async ask(question: string, intent = 'factual_with_evidence'): Promise<Turn> {
      const traceId = crypto.randomUUID();
      const fresh = await api
        .POST('/twins/{id}/prompt', {
          params: { path: { id: twinId } },
          body: { trace_id: traceId, query: question, intent_label: intent },
          signal: AbortSignal.timeout(timeoutMs),
        })
        .then(
          ({ data }) => data,
          () => undefined, // too slow, or away: the last good prompt will do
        );
      if (fresh !== undefined) lastGood.set(intent, fresh);
      const prompt = fresh ?? lastGood.get(intent) ?? null;
      return { traceId, system: prompt?.prompt ?? fallbackPrompt, intent, prompt };
    },

    /** Votes on a turn. True once Twinloop has it: the event id makes it safe to try again. */
    async rate({ traceId, intent, prompt }: Turn, rating: Rating, tries = 3): Promise<boolean> {
      const { score, raterId, reason, comment, answer } = rating;
      // A turn that Twinloop has not recorded says itself what made the answer.
      const body = {
        twin_id: twinId,
        event_id: crypto.randomUUID(),
        score,
        rater_id: raterId ?? null,
        reason: reason ?? null,
        comment: comment ?? null,
        answer: answer ?? null,
        intent_label: intent,
        module_ids: prompt?.module_ids ?? null,
        spec_version: prompt?.spec_version ?? null,
      };
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        const status = await api
          .POST('/feedback/{trace_id}', {
            params: { path: { trace_id: traceId } },
            body,
            signal: AbortSignal.timeout(5_000),
          })
          .then(
            ({ response }) => response.status,
            () => 503,
          );
        if (status === 202) return true;
        if (status !== 429 && status < 500) return false;
        if (attempt < tries) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
      }
      return false;
    },
  };
}
