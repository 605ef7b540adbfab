import { type LanguageModel, LlmError } from './model.ts';

export interface Budget {
  readonly maxCalls: number;
  /** From the first question on. */
  readonly timeMs: number;
}

export interface BudgetedModel extends LanguageModel {
  /** Questions that went to the model, and the time spent waiting for it. */
  used(): { readonly calls: number; readonly ms: number };
}

/**
 * A model that may be asked so often and so long: after that each question rejects with 'budget', and one in flight
 * is aborted when the time is up. `now` gives milliseconds.
 */
export function withBudget(model: LanguageModel, { maxCalls, timeMs }: Budget, now: () => number): BudgetedModel {
  let calls = 0;
  let ms = 0;
  let ends: number | undefined;
  const spent = (what: string) =>
    new LlmError('budget', `The run's budget for the language model is used up: ${what}.`);
  const outOfTime = () => spent(`${timeMs / 1000} seconds`);

  return {
    id: model.id,
    used: () => ({ calls, ms }),
    async ask(request, signal) {
      const began = now();
      ends ??= began + timeMs;
      if (calls >= maxCalls) throw spent(`${maxCalls} calls`);
      if (began >= ends) throw outOfTime();
      calls++;
      const end = new AbortController();
      const timer = setTimeout(() => end.abort(), ends - began);
      try {
        return await model.ask(request, signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]));
      } catch (error) {
        throw end.signal.aborted && signal?.aborted !== true ? outOfTime() : error;
      } finally {
        clearTimeout(timer);
        ms += now() - began;
      }
    },
  };
}
