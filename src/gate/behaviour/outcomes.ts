import type { PersonaSpec } from '../../persona/spec.ts';
import { newlyFailing, type NewlyFailing } from './adversarial.ts';
import type { Preference } from './judge.ts';
import type { Pair } from './pairs.ts';

/** What a model answered to one pair; null where it gave no text. */
export interface JudgedPair {
  readonly pair: Pair;
  readonly active: string | null;
  readonly candidate: string | null;
  /** The judge's words with the live version's answer as A, then with the candidate's; null where they are no verdict. */
  readonly verdicts: readonly [Preference | null, Preference | null];
}

/** `same`: one text, so that nobody was asked. `undecided`: the judge contradicts itself, or there is nothing to judge. */
type Outcome = 'win' | 'loss' | 'tie' | 'same' | 'undecided';

/**
 * The candidate's outcome. It wins or loses only where both orders agree (Zheng et al., NeurIPS 2023): a judge who prefers
 * a place prefers nobody. An answer that only the candidate failed to give is lost.
 */
function outcomeOf({ active, candidate, verdicts: [first, second] }: JudgedPair): Outcome {
  if (active === null) return 'undecided';
  if (candidate === null) return 'loss';
  if (active === candidate) return 'same';
  if (first === 'B' && second === 'A') return 'win';
  if (first === 'A' && second === 'B') return 'loss';
  return first === 'tie' && second === 'tie' ? 'tie' : 'undecided';
}

export interface OutcomeCounts {
  readonly wins: number;
  readonly losses: number;
  /** Share of the pairs with two different answers on which both orders agree; null where there is none. */
  readonly agreement: number | null;
}

/** What is undecided counts as a tie, and against the agreement. */
export function countOutcomes(judged: readonly JudgedPair[]): OutcomeCounts {
  const outcomes = judged.map(outcomeOf);
  const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  const compared = judged.length - count('same');
  return {
    wins: count('win'),
    losses: count('loss'),
    agreement: compared === 0 ? null : 1 - count('undecided') / compared,
  };
}

/** The adversarial cases whose rules the candidate's answer breaks and the live version's does not. */
export function newlyFailingCases(
  judged: readonly JudgedPair[],
  specs: { readonly active: PersonaSpec; readonly candidate: PersonaSpec },
): NewlyFailing[] {
  return judged.flatMap(({ pair, active, candidate }) => {
    if (active === null || candidate === null) return [];
    return pair.adversarial.flatMap((testCase) => {
      const before = { spec: specs.active, answer: active };
      return newlyFailing(testCase, before, { spec: specs.candidate, answer: candidate }) ?? [];
    });
  });
}
