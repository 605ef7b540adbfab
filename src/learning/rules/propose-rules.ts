import { applyOperations } from '../../persona/manifest.ts';
import type { Manifest } from '../../persona/operation.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { compareText } from '../canonical.ts';
import { questionAbout } from '../suggestions/question.ts';
import { proposeSuggestions, type Suggested } from '../suggestions/propose-suggestions.ts';
import { subjectsOf } from '../suggestions/subjects.ts';
import type { Suggestions, Withheld } from '../types.ts';
import { suppressedBy } from '../veto.ts';
import { minedBands } from './bands.ts';
import { type CountedVotes, countVotes, type RatedVote } from './counted-votes.ts';
import { minedPhrases } from './phrases.ts';
import type { RuleProposal } from './proposal.ts';
import { createScreen } from './screen.ts';
import { templateProposals } from './templates.ts';
import type { RulesInput } from './types.ts';
import { splitByTime } from './worse.ts';

const MAX_OPERATIONS = 12;

/** The strongest evidence of each kind first; what people said in words goes before what was mined. */
function inOrder(proposals: readonly RuleProposal[]): RuleProposal[] {
  return proposals.toSorted(
    ({ operation: a }, { operation: b }) =>
      b.evidence.effective_votes - a.evidence.effective_votes || compareText(a.path, b.path),
  );
}

function proposalsOf(spec: PersonaSpec, votes: CountedVotes): RuleProposal[] {
  const split = splitByTime(votes.rated);
  const bands = minedBands(spec, votes.rated, split);
  const templates = templateProposals(spec, votes, bands);
  const asked = new Set(templates.map(({ operation }) => operation));
  return [
    ...inOrder(templates),
    ...inOrder(bands.map(({ proposal }) => proposal).filter(({ operation }) => !asked.has(operation))),
    ...inOrder(minedPhrases(spec, votes.rated, split)),
  ];
}

const toRatedAnswer = ({ event_id, score, rater_id, intent, answer }: RatedVote) => ({
  event_id,
  score,
  rater_id,
  intent_label: intent,
  answer,
});

function vetoOf({ operation, sameAs = [] }: RuleProposal, input: RulesInput) {
  for (const place of [operation, ...sameAs]) {
    const veto = suppressedBy(place, operation.evidence, input.vetoes);
    if (veto !== null) return veto;
  }
  return null;
}

/** The questions for a language model, and what its answers propose; null where none is asked. */
function suggestionsFor(spec: PersonaSpec, votes: CountedVotes, { suggesting }: RulesInput) {
  if (suggesting === undefined) return null;
  const subjects = subjectsOf(spec, votes, suggesting);
  const { answers } = suggesting;
  const suggested: Suggested =
    answers === null ? { proposals: [], dropped: {} } : proposeSuggestions(spec, subjects, votes.rated, answers);
  return { questions: subjects.map(questionAbout), ...suggested };
}

/**
 * What the comments, reasons and rated answers of one twin speak for (docs/learning.md, section 4): steps from complaints,
 * bands and phrases from answers. Pure; the same for the rows in any order and with duplicates. Every operation passes
 * the gate's checks on the same answers together with `before` and those ahead of it; what a language model suggests
 * comes last. Throws RangeError as `canonicalVotes` does.
 */
export function proposeRules(input: RulesInput): {
  operations: Manifest;
  withheld: Withheld[];
  suggestions?: Suggestions;
} {
  const votes = countVotes(input);
  const { active, before = [], limit = MAX_OPERATIONS, cases = [] } = input;
  const screen = createScreen(active, before, { cases, rated: votes.rated.map(toRatedAnswer) });
  const operations: Manifest = [];
  const withheld: Withheld[] = [];

  const consider = (proposal: RuleProposal): void => {
    const { operation, ownerOnly, otherwise } = proposal;
    if (ownerOnly) {
      withheld.push({ operation, reason: 'owner_only' });
      return;
    }
    const veto = vetoOf(proposal, input);
    if (veto !== null) {
      withheld.push({ operation, reason: 'veto', veto_id: veto.id });
      return;
    }
    if (operations.length >= limit) {
      withheld.push({ operation, reason: 'budget' });
      return;
    }
    const checks = screen.try(operation);
    if (checks.length === 0) operations.push(operation);
    else if (otherwise !== undefined) consider(otherwise);
    else
      withheld.push(
        checks.includes('budget') ? { operation, reason: 'budget' } : { operation, reason: 'gate', checks },
      );
  };
  // A step belongs into a module that is still in force when the candidate is.
  const spec = applyOperations(active, before);
  for (const proposal of proposalsOf(spec, votes)) consider(proposal);
  const suggestions = suggestionsFor(spec, votes, input);
  if (suggestions === null) return { operations, withheld };
  const { questions, proposals, dropped } = suggestions;
  const learned = operations.length;
  for (const proposal of proposals) consider(proposal);
  const taken = operations.length - learned;
  return { operations, withheld, suggestions: { questions, suggested: proposals.length, taken, dropped } };
}
