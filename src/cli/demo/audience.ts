import type { Intent } from '../../persona/intents.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { seededRandom } from './random.ts';

/** A question put to the twin. */
export interface Question {
  readonly intent_label: Intent;
  readonly query: string;
}

/** What somebody in the audience thinks of an answer. */
export interface Opinion {
  readonly rater_id: string;
  readonly score: 1 | -1;
  /** Of a thumb down: a code of the API, and what was said. */
  readonly reason: string | null;
  readonly comment: string | null;
}

/** A rated answer of the past, in which only some of the persona's modules had a part. */
export interface PastAnswer extends Question, Opinion {
  readonly module_ids: readonly string[];
  /** Days ago. */
  readonly age: number;
}

const QUESTIONS: readonly Question[] = [
  { intent_label: 'factual_with_evidence', query: 'Why does bread go stale faster in the fridge?' },
  { intent_label: 'factual_with_evidence', query: 'How much of the ocean floor has been mapped?' },
  { intent_label: 'factual_with_evidence', query: 'When did the first email leave a laboratory?' },
  { intent_label: 'advice_or_stance', query: 'Should I take the offer of the start-up?' },
  { intent_label: 'advice_or_stance', query: 'Is it worth writing a design document for a week of work?' },
  { intent_label: 'action_or_tool_execution', query: 'Move my call with Jonas to Thursday.' },
  { intent_label: 'ambiguity_or_clarify', query: 'Is Python safe?' },
  { intent_label: 'summarize_or_transform', query: 'Shorten these minutes to what matters.' },
];

/** How much a module adds to the odds that an answer pleases (logit); others change nothing. */
const TASTE: Readonly<Record<string, number>> = {
  'factual.background_first': -2.2,
  'advice.sports_metaphors': -2.4,
  'factual.check_the_numbers': 1.4,
  'factual.cite': 0.6,
  'advice.recommend_first': 0.6,
};

type Complaint = Pick<Opinion, 'reason' | 'comment'>;
const NO_COMPLAINT: Complaint = { reason: null, comment: null };

/** What people say of a disliked answer that has one of these modules. */
const COMPLAINTS: Readonly<Record<string, Complaint>> = {
  'factual.background_first': { reason: 'off_topic', comment: 'Too much history before the answer.' },
  'advice.sports_metaphors': { reason: null, comment: 'I asked for advice; a match report is beside the point.' },
};

/** Some people only press the thumb: every other one says why. */
function complaintOf(rater: number, module_ids: readonly string[]): Complaint {
  const culprit = module_ids.find((id) => id in COMPLAINTS);
  return rater % 2 === 1 || culprit === undefined ? NO_COMPLAINT : (COMPLAINTS[culprit] ?? NO_COMPLAINT);
}

const LIKES_BY_DEFAULT = 1.2;
const RATERS = 120;
/** Share of past answers in which a module of the question's intent had a part. */
const PART = 0.6;
const PAST_DAYS = 14;

/** A seeded audience with fixed tastes: the same seed asks and votes the same. */
export function createAudience(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const leniency = Array.from({ length: RATERS }, () => (random() - 0.5) * 1.2);

  const ask = (): Question => QUESTIONS[below(QUESTIONS.length)] ?? QUESTIONS[0]!;

  const rate = (module_ids: readonly string[]): Opinion => {
    const rater = below(RATERS);
    const logit = module_ids.reduce((sum, id) => sum + (TASTE[id] ?? 0), LIKES_BY_DEFAULT + (leniency[rater] ?? 0));
    const score = random() < 1 / (1 + Math.exp(-logit)) ? 1 : -1;
    return {
      rater_id: `rater-${String(rater + 1).padStart(2, '0')}`,
      score,
      ...(score === -1 ? complaintOf(rater, module_ids) : NO_COMPLAINT),
    };
  };

  /** An answer from before Twinloop: whoever wrote it used some of what the persona knows, drafts included. */
  const recall = (spec: PersonaSpec): PastAnswer => {
    const question = ask();
    const candidates = spec.procedural_modules.filter(
      (module) => module.status !== 'archived' && module.intent_labels.includes(question.intent_label),
    );
    const used = candidates.filter(() => random() < PART).map(({ id }) => id);
    return { ...question, ...rate(used), module_ids: used, age: random() * PAST_DAYS };
  };

  return { ask, rate, recall };
}

export type Audience = ReturnType<typeof createAudience>;
