import { starterPersona } from '../../../src/persona/default-persona.ts';

/** Enough votes of enough people for the learner to archive the module they are against. */
export const DECISIVE = 80;
const RATERS = 20;
const AGAINST = 'factual.background_first';
const INTENT = starterPersona.procedural_modules.find(({ id }) => id === AGAINST)?.intent_labels[0];

/** A batch of votes that makes a twin with the starter persona learn a new version: its answers with one module are disliked. */
export function decisiveVotes(twinId: string): object {
  if (INTENT === undefined) throw new Error(`the starter persona has no module ${AGAINST}`);
  const items = Array.from({ length: DECISIVE }, (_, n) => {
    const disliked = n % 2 === 0;
    return {
      trace_id: `${twinId}-decisive-${n}`,
      event_id: `${twinId}-decisive-${n}`,
      twin_id: twinId,
      rater_id: `rater-${n % RATERS}`,
      score: disliked ? -1 : 1,
      intent_label: INTENT,
      module_ids: disliked ? [AGAINST] : [],
    };
  });
  return { items };
}
