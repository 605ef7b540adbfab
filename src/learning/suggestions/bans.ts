import type { Evidence } from '../../persona/operation.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { normalizeText, phraseSpans } from '../../persona/text.ts';
import { type RatedVote, rounded } from '../rules/counted-votes.ts';
import { immunity } from '../rules/hedges.ts';
import { flaggingProposal, type RuleProposal } from '../rules/proposal.ts';
import { enough, flagWith, MINED_FROM } from '../rules/worse.ts';
import type { Suggestion } from './suggestion.ts';

export type Ban = Extract<Suggestion, { list: 'ban' | 'banned_phrases' }>;

export const isBan = (suggestion: Suggestion): suggestion is Ban =>
  suggestion.list === 'ban' || suggestion.list === 'banned_phrases';

/**
 * A suggested ban needs what a mined one needs: at least 5 answers by 3 raters that hold the phrase, surely disliked more
 * often than the rest. Null without them, and for what may never be banned or is banned already.
 */
export function banProposal(
  spec: PersonaSpec,
  module: ProceduralModule,
  { list, text }: Ban,
  rated: readonly RatedVote[],
  about: Evidence,
): RuleProposal | null {
  const phrase = normalizeText(text);
  if (phrase === '' || immunity(spec)(phrase)) return null;
  const { intent_labels: intents } = module;
  const inForce = (vote: RatedVote) => list !== 'ban' || intents.length === 0 || intents.includes(vote.intent);
  const found = flagWith(rated.filter(inForce), (vote) => phraseSpans(vote.text, phrase).length > 0);
  if (!enough(found) || found.p_worse < MINED_FROM) return null;
  const place = list === 'ban' ? ['procedural_modules', module.id, list] : ['deterministic_rules', list];
  const change = { op: 'add', path: formatPointer([...place, phrase]), to: phrase } as const;
  return flaggingProposal(change, found, { ...about, value: rounded(found.p_worse) });
}
