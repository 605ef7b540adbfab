import type { PromptPlan } from '../../persona/compile.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { createPlanner } from '../context.ts';
import type { RegressionCase } from '../types.ts';
import { CONTROL_CALLS } from './controls.ts';
import { keyOf, type Question, questionsOf, type RecordedQuestion } from './questions.ts';

/** With fewer the check says nothing. */
export const MIN_PAIRS = 100;
/** Two answers, and the judge in both orders. */
const CALLS_A_PAIR = 4;

/** Calls that may be spent on asking again what failed. */
export const SPARE_CALLS = 3;

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
  /** Calls that judging may take when no answer is kept already. */
  readonly calls: number;
}

type Pairing = (question: Question) => Pair | undefined;

/** A question as a pair; undefined where both versions have the same prompt for it. */
function pairing({ active, candidate }: BehaviourInput): Pairing {
  const plan = createPlanner();
  return (question) => {
    const before = plan(active, question.intent, question.channel);
    const after = plan(candidate, question.intent, question.channel);
    return before.content_hash === after.content_hash ? undefined : { ...question, active: before, candidate: after };
  };
}

/**
 * Where the prompt of one channel only has changed, the other channel's questions of that intent too: most questions are
 * the public's, and what changed for the owner alone would hardly be judged.
 */
function borrowed(questions: readonly Question[], toPair: Pairing): Question[] {
  const known = new Set(questions.map(keyOf));
  return questions.flatMap((question) => {
    const channel = question.channel === 'owner' ? 'public' : 'owner';
    const there = { ...question, id: `${question.id}/${channel}`, channel, adversarial: [] } as const;
    const wanted = !known.has(keyOf(there)) && toPair(question) === undefined && toPair(there) !== undefined;
    return wanted ? [there] : [];
  });
}

/**
 * The questions to judge a candidate by, as many as `maxCalls` pay for. Questions with the same prompt need no call and
 * count as ties, but only as many as are missing to `MIN_PAIRS`: more of them would hide what changed.
 */
export function planPairs(input: BehaviourInput, maxCalls: number): PairPlan {
  const toPair = pairing(input);
  const own = questionsOf(input.cases, input.recorded);
  const questions = [...own, ...borrowed(own, toPair)];
  const changed = questions.flatMap((question) => toPair(question) ?? []);
  const adversarial = changed.filter((pair) => pair.adversarial.length > 0).length;
  const least = Math.max(Math.min(changed.length, MIN_PAIRS), adversarial);
  const affordable = Math.floor((maxCalls - CONTROL_CALLS - SPARE_CALLS) / CALLS_A_PAIR);
  const asked = changed.slice(0, Math.max(least, affordable));
  return {
    asked,
    same: Math.min(questions.length - changed.length, Math.max(0, MIN_PAIRS - asked.length)),
    changed: changed.length,
    calls: asked.length * CALLS_A_PAIR + CONTROL_CALLS + SPARE_CALLS,
  };
}
