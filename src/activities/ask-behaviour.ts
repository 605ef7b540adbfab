import { CONTROLS, type Control } from '../gate/behaviour/controls.ts';
import { commonPersona, judgeQuestion, parseVerdict, type Preference } from '../gate/behaviour/judge.ts';
import type { JudgedPair } from '../gate/behaviour/outcomes.ts';
import { type Pair, SPARE_CALLS } from '../gate/behaviour/pairs.ts';
import { type LanguageModel, LlmError, type LlmErrorKind, type ModelRequest } from '../llm/model.ts';

/** Questions under way at once. */
const LANES = 4;
/** Some models think aloud before they answer. */
const MAX_OUTPUT_TOKENS = 1_500;

/** What a model answered; `error` says why it was not asked everything. */
export interface BehaviourAnswers {
  /** Controls of which it preferred the right answer in both orders. */
  readonly controls: number;
  /** Those that it got through. */
  readonly judged: readonly JudgedPair[];
  readonly error: LlmErrorKind | null;
}

/** Works on a few items at once, results in the items' order. Rejects with the first rejection, once all has come to rest. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
  const broken = ended.find((one) => one.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return results;
}

/** These may be an accident of the moment; a budget that is used up stays so. */
const PASSING: readonly LlmErrorKind[] = ['timeout', 'unreachable', 'refused'];

/**
 * Asks until the model has failed more often than a run can spare: then whatever is under way is withdrawn, and each
 * further answer is null.
 */
class Asking {
  error: LlmErrorKind | null = null;
  readonly #model: LanguageModel;
  readonly #signal: AbortSignal;
  readonly #failed = new AbortController();
  #spare = SPARE_CALLS;

  constructor(model: LanguageModel, signal: AbortSignal) {
    this.#model = model;
    this.#signal = signal;
  }

  /** The answer; null where it holds no text, and after a failure. Rejects with what no model caused. */
  async ask(request: ModelRequest): Promise<string | null> {
    this.#signal.throwIfAborted();
    if (this.#failed.signal.aborted) return null;
    try {
      return await this.#model.ask(request, AbortSignal.any([this.#signal, this.#failed.signal]));
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof LlmError && error.kind === 'malformed') return null;
      if (error instanceof LlmError && PASSING.includes(error.kind) && this.#spare-- > 0) return this.ask(request);
      this.#failed.abort();
      if (!(error instanceof LlmError)) throw error;
      // What is withdrawn because of a failure is no failure of its own.
      this.error ??= error.kind;
      return null;
    }
  }

  /** The verdicts on two answers in both orders. */
  async judge(persona: string, message: string, one: string, other: string): Promise<JudgedPair['verdicts']> {
    const verdict = async (a: string, b: string): Promise<Preference | null> => {
      const answer = await this.ask(judgeQuestion(persona, message, a, b));
      return answer === null ? null : parseVerdict(answer);
    };
    return [await verdict(one, other), await verdict(other, one)];
  }
}

/** The question goes to the model as a chat would send it: the compiled prompt as the system's words, the user's own. */
async function judgePair(asking: Asking, pair: Pair): Promise<JudgedPair | null> {
  const answer = ({ prompt }: Pair['active']) =>
    asking.ask({ system: prompt, prompt: pair.query, maxOutputTokens: MAX_OUTPUT_TOKENS });
  const active = await answer(pair.active);
  const candidate = await answer(pair.candidate);
  const comparable = active !== null && candidate !== null && active !== candidate;
  const verdicts = comparable
    ? await asking.judge(commonPersona(pair), pair.query, active, candidate)
    : ([null, null] as const);
  return asking.error === null ? { pair, active, candidate, verdicts } : null;
}

async function passesControl(asking: Asking, { query, good, bad }: Control, persona: string): Promise<boolean> {
  const [first, second] = await asking.judge(persona, query, good, bad);
  return first === 'A' && second === 'B';
}

/**
 * Has a model answer each pair under both prompts and compare the two answers in both orders. First come the controls:
 * where it fails `enough` of them, nothing else is asked. `personaOf` gives the persona that a control is judged by.
 * Rejects when `signal` aborts.
 */
export async function askBehaviour(
  pairs: readonly Pair[],
  model: LanguageModel,
  { personaOf, enough }: { personaOf: (control: Control) => string; enough: (controls: number) => boolean },
  signal: AbortSignal,
): Promise<BehaviourAnswers> {
  const asking = new Asking(model, signal);
  const passed = await inLanes(CONTROLS, (control) => passesControl(asking, control, personaOf(control)));
  const controls = passed.filter(Boolean).length;
  if (asking.error !== null || !enough(controls)) return { controls, judged: [], error: asking.error };
  const judged = await inLanes(pairs, (pair) => judgePair(asking, pair));
  return { controls, judged: judged.filter((one) => one !== null), error: asking.error };
}
