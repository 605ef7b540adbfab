import { contentHash } from '../persona/hash.ts';
import { type LanguageModel, LlmError, type ModelRequest } from './model.ts';

/** Where answers are kept. A key is a SHA-256 in lowercase hex. */
export interface AnswerStore {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
}

/** Raised when the same request must be asked anew, such as for other sampling settings. */
const VERSION = 1;

const answerKey = (model: string, { system, prompt, maxOutputTokens }: ModelRequest): string =>
  contentHash({ model, system, prompt, maxOutputTokens, version: VERSION });

/** Asks the model only what the store does not know. */
export function withCache(model: LanguageModel, store: AnswerStore): LanguageModel {
  return {
    id: model.id,
    async ask(request, signal) {
      const key = answerKey(model.id, request);
      const known = await store.read(key);
      if (known !== undefined) return known;
      const text = await model.ask(request, signal);
      await store.write(key, text);
      return text;
    },
  };
}

/** The model of this name as far as its answers are kept: a question that was never answered is 'unreachable'. */
export function cacheOnly(store: AnswerStore, id: string): LanguageModel {
  const nobody: LanguageModel = {
    id,
    ask: () => Promise.reject(new LlmError('unreachable', 'The answer to this question is not kept.')),
  };
  return withCache(nobody, store);
}
