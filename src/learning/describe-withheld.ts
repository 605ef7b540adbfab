import { summarizeOperation } from '../persona/manifest-summary.ts';
import { parsePointer } from '../persona/pointer.ts';
import type { Withheld } from './types.ts';

const BY_HAND = 'To take it over, add it to a version of your own.';

const isModule = ({ path }: Withheld['operation']): boolean => parsePointer(path)[0] === 'procedural_modules';

/** Why an operation was withheld, and what its owner could do, in a sentence or two. */
function whyWithheld({ operation, reason, veto_id, checks = [] }: Withheld): string {
  switch (reason) {
    case 'veto':
      return `It was rejected or rolled back (veto ${veto_id}): it is proposed again when the votes behind it have doubled and 20 have come in, or when you clear the veto.`;
    case 'single_rater_dependent':
      return `Without one of the raters the votes would not bear it out: it waits for votes of more people. ${BY_HAND}`;
    case 'budget':
      return 'The candidate had no room left for it: it is proposed again by a later run, as long as the votes speak for it.';
    case 'gate':
      return `It would not pass the gate (${checks.join(', ')}). ${BY_HAND}`;
    case 'owner_only':
      return `${isModule(operation) ? 'The intent has no module that learning may change' : 'How the persona sounds is for you alone to change'}. ${BY_HAND}`;
  }
}

/** What learning did not do, as its owner is told: what it is with its figures, and why not. */
export interface DescribedWithheld extends Withheld {
  readonly summary: string;
  readonly why: string;
}

export const describeWithheld = (withheld: Withheld): DescribedWithheld => ({
  ...withheld,
  summary: summarizeOperation(withheld.operation),
  why: whyWithheld(withheld),
});

/** How many were withheld for which reason: `2 budget, 1 owner_only`. */
export function countWithheld(withheld: readonly Withheld[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of withheld) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
}
