import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, RetryError } from 'ai';
import { boundedFetch } from './bounded-fetch.ts';
import { type LanguageModel, LlmError } from './model.ts';

export interface EndpointOptions {
  /** Up to and without `/chat/completions`, such as http://127.0.0.1:11434/v1. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token; local servers need none. */
  readonly apiKey?: string;
  /** For one question with its retry. */
  readonly requestTimeoutMs: number;
}

const MAX_RESPONSE_BYTES = 256 * 1024;
const MAX_RETRIES = 1;
/** NUL and halves of a character: neither Postgres nor canonical JSON can hold them. */
const UNSTORABLE = /[\0\p{Cs}]/gu;

/** The SDK's own words would hold parts of the exchange, so only what kind of failure it was is taken from them. */
function asLlmError(error: unknown): LlmError {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  for (let cause = last; cause instanceof Error; cause = cause.cause) if (cause instanceof LlmError) return cause;
  if (APICallError.isInstance(last)) {
    const { statusCode } = last;
    if (statusCode === undefined || isBrokenBody(last)) {
      return new LlmError('unreachable', 'The language model cannot be reached, or its connection broke.');
    }
    if (statusCode >= 300) return new LlmError('refused', `The language model's endpoint answered HTTP ${statusCode}.`);
  } else if (last instanceof TypeError) {
    return new LlmError('unreachable', 'The language model cannot be reached.');
  }
  return new LlmError('malformed', "The language model's answer is not a chat completion.");
}

/** Node's fetch reports a body that ends too early as a TypeError. */
const isBrokenBody = ({ cause }: APICallError): boolean => cause instanceof TypeError;

/** A model behind an OpenAI-compatible endpoint: temperature 0, one retry at most, bounded in time and size. */
export function createLanguageModel({ baseUrl, model, apiKey, requestTimeoutMs }: EndpointOptions): LanguageModel {
  const provider = createOpenAICompatible({
    name: 'llm',
    baseURL: baseUrl,
    fetch: boundedFetch(MAX_RESPONSE_BYTES),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  // The SDK warns on the console, where only our own JSON lines belong.
  globalThis.AI_SDK_LOG_WARNINGS = false;

  return {
    id: model,
    async ask({ system, prompt, maxOutputTokens }, signal) {
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), requestTimeoutMs);
      try {
        const { text } = await generateText({
          model: provider(model),
          system,
          prompt,
          maxOutputTokens,
          temperature: 0,
          maxRetries: MAX_RETRIES,
          abortSignal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
        });
        if (text === '') throw new LlmError('malformed', "The language model's answer has no text.");
        return text.replace(UNSTORABLE, '\uFFFD');
      } catch (error) {
        if (signal?.aborted === true) throw new LlmError('aborted', 'The question was withdrawn.');
        if (timeout.signal.aborted) {
          throw new LlmError('timeout', `The language model did not answer within ${requestTimeoutMs} ms.`);
        }
        throw asLlmError(error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
