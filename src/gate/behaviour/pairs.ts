import type { PromptPlan } from '../../persona/compile.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { createPlanner } from '../context.ts';
import { PROMPT_KINDS } from '../prompt-kinds.ts';
import type { RegressionCase } from '../types.ts';
import { CONTROL_CALLS } from './controls.ts';
import { type Question, questionsOf, type RecordedQuestion } from './questions.ts';

/** With fewer the check says nothing. */
export const MIN_PAIRS = 100;
/** Two answers, and the judge in both orders. */
const CALLS_A_PAIR = 4;

/** A question and the prompts that the two versions answer it with, which differ. */
export interface Pair extends Question {
  readonly active: PromptPlan;
  readonly candidate: PromptPlan;
}

export interface BehaviourInput {
  readonly active: PersonaSpec;
  readonly candidate: PersonaSpec;
  /** The twin's own cases; the built-in ones are always added. */
  readonly cases: readonly RegressionCase[];
  readonly recorded: readonly RecordedQuestion[];
}

export interface PairPlan {
  /** To be answered and judged. */
  readonly asked: readonly Pair[];
  /** Questions whose prompt is the same under both versions: ties without asking. */
  readonly same: number;
  /** Questions whose prompt differs, asked or not. */
  readonly changed: number;
  /** Calls that judging takes when no answer is kept already. */
  readonly calls: number;
}

/** The questions of a list as pairs; undefined where both versions have the same prompt. */
function pairing({ active, candidate }: BehaviourInput) {
  const plan = createPlanner();
  return (question: Question): Pair | undefined => {
    const before = plan(active, question.intent, question.channel);
    const after = plan(candidate, question.intent, question.channel);
    return before.content_hash === after.content_hash ? undefined : { ...question, active: before, candidate: after };
  };
}

/** Questions of the other channel for kinds of prompt that nobody asked yet: what changed there is judged too. */
function borrowed(questions: readonly Question[]): Question[] {
  return PROMPT_KINDS.flatMap(({ intent, channel }) => {
    const ofIntent = questions.filter((one) => one.intent === intent);
    if (ofIntent.some((one) => one.channel === channel)) return [];
    return ofIntent.map((one) => ({ ...one, id: `${one.id}/${channel}`, channel, adversarial: [] }));
  });
}

/**
 * The questions to judge a candidate by, as many as `maxCalls` pay for. Questions with the same prompt need no call and
 * count as ties, but only as many as are missing to `MIN_PAIRS`: more of them would hide what changed.
 */
export function planPairs(input: BehaviourInput, maxCalls: number): PairPlan {
  const own = questionsOf(input.cases, input.recorded);
  const questions = [...own, ...borrowed(own)];
  const toPair = pairing(input);
  const changed = questions.flatMap((question) => toPair(question) ?? []);
  const adversarial = changed.filter((pair) => pair.adversarial.length > 0).length;
  const least = Math.max(Math.min(changed.length, MIN_PAIRS), adversarial);
  const affordable = Math.floor((maxCalls - CONTROL_CALLS) / CALLS_A_PAIR);
  const asked = changed.slice(0, Math.max(least, affordable));
  return {
    asked,
    same: Math.min(questions.length - changed.length, Math.max(0, MIN_PAIRS - asked.length)),
    changed: changed.length,
    calls: asked.length * CALLS_A_PAIR + CONTROL_CALLS,
  };
}
