import type { Database, Transaction } from '../db/client.ts';
import { llmAnswerStore } from '../db/llm-answers.ts';
import { type RunRow, writeJobLog } from '../db/open-jobs.ts';
import type { LlmReport } from '../db/vocabulary.ts';
import type { ProposeQuestion } from '../learner/questions.ts';
import type { Proposals } from '../learning/types.ts';
import { type Budget, withBudget } from '../llm/budget.ts';
import { type AnswerStore, cacheOnly, withCache } from '../llm/cache.ts';
import { type LanguageModel, LlmError, type LlmErrorKind } from '../llm/model.ts';

/** A language model and what one run may spend on it. */
export interface RunModel {
  readonly model: LanguageModel;
  readonly budget: Budget;
  /** For comparing answers at the gate; absent: they are not compared. */
  readonly gateBudget?: Budget;
}

/** What a run asks of the learner, which reads votes, texts and vetoes itself. */
type Asked = Omit<ProposeQuestion, 'snapshot'>;
type Propose = (input: Asked) => Promise<Proposals>;

interface ModelAnswers {
  readonly answers: { readonly module: string; readonly text: string }[];
  readonly asked: number;
  readonly error: LlmErrorKind | null;
}

/** Asks one question after the other. A model that failed is not asked again, but for an answer that was malformed. */
async function askAll(
  model: LanguageModel,
  questions: NonNullable<Proposals['suggestions']>['questions'],
  signal: AbortSignal,
): Promise<ModelAnswers> {
  const answers: ModelAnswers['answers'] = [];
  let asked = 0;
  let error: LlmErrorKind | null = null;
  for (const { module, ...request } of questions) {
    if (error !== null && error !== 'malformed') break;
    asked++;
    try {
      answers.push({ module, text: await model.ask(request, signal) });
    } catch (reason) {
      signal.throwIfAborted();
      if (!(reason instanceof LlmError)) throw reason;
      error = reason.kind;
    }
  }
  return { answers, asked, error };
}

interface Suggesting {
  readonly db: Database;
  readonly run: Pick<RunRow, 'twin_id' | 'tenant_id'>;
  readonly signal: AbortSignal;
}

async function proposeAsking(propose: Propose, input: Asked, model: LanguageModel, signal: AbortSignal) {
  const without = await propose({ ...input, suggesting: { answers: null } });
  const asked = await askAll(model, without.suggestions?.questions ?? [], signal);
  const proposals =
    asked.answers.length === 0
      ? without
      : await propose({ ...input, suggesting: { answers: { model: model.id, answers: asked.answers } } });
  return { proposals, ...asked };
}

/**
 * What the votes speak for, and where a language model is configured what it suggests on top. Whatever the model does,
 * the rest stands; `llm` says how it went, and is null where none is configured.
 */
export async function proposeWithModel(
  propose: Propose,
  input: Asked,
  llm: RunModel | undefined,
  { db, run, signal }: Suggesting,
): Promise<Proposals & { readonly llm: LlmReport | null }> {
  if (llm === undefined) return { ...(await propose(input)), llm: null };
  const { model, budget } = llm;
  const budgeted = withBudget(model, budget, () => performance.now());
  const kept = llmAnswerStore(db, { id: run.twin_id, tenant_id: run.tenant_id });
  let cached = 0;
  const store: AnswerStore = {
    ...kept,
    async read(key) {
      const answer = await kept.read(key);
      if (answer !== undefined) cached++;
      return answer;
    },
  };
  const { proposals, answers, asked, error } = await proposeAsking(propose, input, withCache(budgeted, store), signal);
  const { suggested = 0, taken = 0, dropped = {} } = proposals.suggestions ?? {};
  const { calls, ms } = budgeted.used();
  return {
    ...proposals,
    llm: {
      model: model.id,
      asked,
      answered: answers.length,
      calls,
      cached,
      ms: Math.round(ms),
      suggested,
      taken,
      dropped,
      error,
    },
  };
}

/** The same again from the answers that were kept then, so that nothing new can come in: without them, less comes out. */
export async function proposeFromKept(
  propose: Propose,
  input: Asked,
  modelId: string | undefined,
  { db, run, signal }: Suggesting,
): Promise<Proposals> {
  if (modelId === undefined) return propose(input);
  const store = llmAnswerStore(db, { id: run.twin_id, tenant_id: run.tenant_id });
  return (await proposeAsking(propose, input, cacheOnly(store, modelId), signal)).proposals;
}

/** Why there is no answer, to be read after the model's name. */
export const WORDS: Readonly<Record<LlmErrorKind, string>> = {
  timeout: 'it did not answer in time',
  unreachable: 'it cannot be reached',
  refused: 'its endpoint answered with an error',
  malformed: 'it answered something that holds no text',
  budget: "the run's budget for it is used up",
  aborted: 'the question was withdrawn',
};

/** Says in the job's log how the model did, where it was asked. */
export async function logModel(tx: Transaction, jobId: string, llm: LlmReport | null): Promise<void> {
  if (llm === null || llm.asked === 0) return;
  const { model, asked, answered, suggested, taken, error } = llm;
  const figures = `${answered} of ${asked} questions answered, ${taken} of ${suggested} suggestions taken`;
  const [level, message] =
    error === null
      ? (['info', `${figures}.`] as const)
      : (['warning', `${WORDS[error]}; ${figures}. The rest of the result stands without it.`] as const);
  await writeJobLog(tx, jobId, level, `Language model ${model}: ${message}`, { ...llm });
}
