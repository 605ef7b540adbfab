import { readRecordedQuestions, readTwinCases } from '../db/gate-data.ts';
import { llmAnswerStore } from '../db/llm-answers.ts';
import type { RunRow } from '../db/open-jobs.ts';
import { beforeAsking, checkBehaviour, isSensitive } from '../gate/behaviour/check-behaviour.ts';
import { commonPersona } from '../gate/behaviour/judge.ts';
import { planPairs } from '../gate/behaviour/pairs.ts';
import { NO_REGRESSION, type Outcome, skipped } from '../gate/checks/check.ts';
import { createPlanner } from '../gate/context.ts';
import { withCheck } from '../gate/gate.ts';
import type { GateReport } from '../gate/types.ts';
import { type Budget, withBudget } from '../llm/budget.ts';
import { withCache } from '../llm/cache.ts';
import type { LlmErrorKind } from '../llm/model.ts';
import { promptChanges } from '../persona/prompt-changes.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { askBehaviour } from './ask-behaviour.ts';
import type { ActivityDeps } from './deps.ts';
import { WORDS } from './llm-suggestions.ts';

export interface BehaviourQuestion {
  readonly run: Pick<RunRow, 'twin_id' | 'tenant_id'>;
  readonly active: PersonaSpec;
  readonly candidate: PersonaSpec;
  /** The policy `run_regression_gate`. */
  readonly regression: boolean;
}

/**
 * The report with the check `behaviour`, where a language model is configured to compare answers; else as it is. Nothing
 * is asked when the verdict is decided or no prompt changes. Whatever the model does, the other checks stand: where it
 * cannot be asked to the end, the check is inconclusive. Rejects when `signal` aborts.
 */
export async function withBehaviour(
  deps: Pick<ActivityDeps, 'database' | 'llm'>,
  question: BehaviourQuestion,
  report: GateReport,
  signal: AbortSignal,
): Promise<GateReport> {
  if (deps.llm?.gateBudget === undefined) return report;
  const { model, gateBudget } = deps.llm;
  const outcome = nothingToAsk(question, report) ?? (await compare({ ...deps, model, gateBudget }, question, signal));
  return withCheck(report, { name: 'behaviour', ...outcome });
}

function nothingToAsk({ active, candidate, regression }: BehaviourQuestion, { verdict }: GateReport): Outcome | null {
  if (!regression) return skipped(NO_REGRESSION);
  if (verdict === 'fail') return skipped('Another check failed, so no language model was asked.');
  if (promptChanges(active, candidate).length > 0) return null;
  return skipped('No prompt changes, so no answer can: no language model was asked.');
}

type Comparing = Pick<ActivityDeps, 'database'> & {
  readonly model: NonNullable<ActivityDeps['llm']>['model'];
  readonly gateBudget: Budget;
};

async function compare(
  { database: { db }, model, gateBudget }: Comparing,
  { run, active, candidate }: BehaviourQuestion,
  signal: AbortSignal,
): Promise<Outcome> {
  const cases = await readTwinCases(db, run.twin_id);
  const recorded = await readRecordedQuestions(db, run.twin_id);
  const plan = planPairs({ active, candidate, cases, recorded }, gateBudget.maxCalls);
  const early = beforeAsking(plan, gateBudget.maxCalls);
  if (early !== null) return early;

  const budgeted = withBudget(model, gateBudget, () => performance.now());
  const kept = withCache(budgeted, llmAnswerStore(db, { id: run.twin_id, tenant_id: run.tenant_id }));
  const planOf = createPlanner();
  const { controls, judged, error } = await askBehaviour(
    plan.asked,
    kept,
    {
      personaOf: ({ intent }) =>
        commonPersona({ active: planOf(active, intent, 'public'), candidate: planOf(candidate, intent, 'public') }),
      enough: isSensitive,
    },
    signal,
  );
  return checkBehaviour({ active, candidate }, plan, {
    model: model.id,
    controls,
    judged,
    stopped: error === null ? null : whyStopped(error, model.id, gateBudget),
    calls: budgeted.used().calls,
  });
}

function whyStopped(error: LlmErrorKind, model: string, { timeMs }: Budget): string {
  if (error === 'budget') {
    return `Comparing the answers takes longer than the ${timeMs / 1000} seconds of LLM_GATE_TIME_BUDGET_SECONDS: raise it. What was answered is kept.`;
  }
  const limit = error === 'timeout' ? ' (LLM_REQUEST_TIMEOUT_SECONDS)' : '';
  return `The language model ${model} could not compare the answers: ${WORDS[error]}${limit}. What was answered is kept.`;
}
