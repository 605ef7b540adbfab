import { askBehaviour, type BehaviourAnswers } from '../../../src/activities/ask-behaviour.ts';
import { checkBehaviour, isSensitive } from '../../../src/gate/behaviour/check-behaviour.ts';
import { commonPersona } from '../../../src/gate/behaviour/judge.ts';
import { planPairs } from '../../../src/gate/behaviour/pairs.ts';
import type { RegressionCase } from '../../../src/gate/types.ts';
import type { LanguageModel } from '../../../src/llm/model.ts';
import { compilePrompt } from '../../../src/persona/compile.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { applyOperations } from '../../../src/persona/manifest.ts';
import type { Operation } from '../../../src/persona/operation.ts';

/** In every prompt of the candidate, in none of the live version. */
export const CHANGED = 'needless to say';
const change: Operation = { op: 'add', path: `/deterministic_rules/banned_phrases/${CHANGED}`, to: CHANGED };
const SPECS = { active: starterPersona, candidate: applyOperations(starterPersona, [change]) };

export const pairPlan = (cases: readonly RegressionCase[] = [], maxCalls = 500) =>
  planPairs({ ...SPECS, cases, recorded: [] }, maxCalls);

/** What the model answers to all pairs, and the check that follows. */
export async function compare(
  model: LanguageModel,
  { plan = pairPlan(), specs = SPECS, signal = new AbortController().signal } = {},
): Promise<{ answers: BehaviourAnswers; outcome: ReturnType<typeof checkBehaviour> }> {
  const prompt = compilePrompt(starterPersona, { intent: 'factual_with_evidence', channel: 'public' });
  const persona = commonPersona({ active: prompt, candidate: prompt });
  const answers = await askBehaviour(plan.asked, model, { personaOf: () => persona, enough: isSensitive }, signal);
  const { controls, judged, error } = answers;
  const asked = { model: model.id, controls, judged, stopped: error === null ? null : `Stopped: ${error}.`, calls: 0 };
  return { answers, outcome: checkBehaviour(specs, plan, asked) };
}
