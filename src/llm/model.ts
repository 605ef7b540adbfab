export interface ModelRequest {
  readonly system: string;
  readonly prompt: string;
  /** Tokens that the answer may have at most. */
  readonly maxOutputTokens: number;
}

/** A model that is asked for one text at a time. */
export interface LanguageModel {
  /** The model's name, as its provider knows it; part of what answers are kept under. */
  readonly id: string;
  /** Rejects with LlmError, and with nothing else that the provider caused. */
  ask(request: ModelRequest, signal?: AbortSignal): Promise<string>;
}

/** `refused`: the provider answered with an HTTP error. `malformed`: with something that holds no text. */
export type LlmErrorKind = 'timeout' | 'unreachable' | 'refused' | 'malformed' | 'budget' | 'aborted';

/** Why there is no answer. Holds neither key, prompt nor the provider's text, and no cause: a cause would hold them. */
export class LlmError extends Error {
  override name = 'LlmError';
  readonly kind: LlmErrorKind;

  constructor(kind: LlmErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
