import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { normalizeText } from '../../persona/text.ts';
import { type RatedVote, votesBehind } from '../rules/counted-votes.ts';
import type { RuleProposal } from '../rules/proposal.ts';
import { type Ban, banProposal, isBan } from './bans.ts';
import { createEchoFinder } from './echo.ts';
import { type DropReason, parseAnswer } from './parse-answer.ts';
import { quoted } from './question.ts';
import type { Suggestion } from './suggestion.ts';
import type { Subject } from './subjects.ts';

const STATISTIC = 'llm_suggestion';

/** What a language model answered, by the module it was asked about. Nothing of it is trusted. */
export interface ModelAnswers {
  readonly model: string;
  readonly answers: readonly { readonly module: string; readonly text: string }[];
}

export interface Suggested {
  readonly proposals: readonly RuleProposal[];
  /** How often each reason dropped something. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

function itemChange(tokens: readonly string[], op: 'add' | 'remove', items: readonly string[], text: string) {
  const path = formatPointer([...tokens, text]);
  if (op === 'remove') return items.includes(text) ? { op, path, from: text } : null;
  return items.some((item) => normalizeText(item) === normalizeText(text)) ? null : { op, path, to: text };
}

/** The change of the module that a suggestion means, or null when it would change nothing. */
function moduleChange(module: ProceduralModule, suggestion: Exclude<Suggestion, Ban>) {
  const own = ['procedural_modules', module.id, suggestion.list];
  if (suggestion.list === 'do') return itemChange(own, suggestion.op, module.do, suggestion.text);
  const path = formatPointer([...own, suggestion.name]);
  const from = module.say_style[suggestion.name];
  if (suggestion.op === 'remove') return from === undefined ? null : { op: 'remove' as const, path, from };
  return from === undefined ? { op: 'add' as const, path, to: suggestion.text } : null;
}

/** Feedback must not be published word for word. */
function quotationFinder(subject: Subject): (text: string) => boolean {
  const shown = quoted(subject);
  return createEchoFinder([...shown.disliked, ...shown.liked].flatMap((vote) => [vote.answer, vote.comment ?? '']));
}

/** What makes proposals of the suggestions for one module; a reason where one is dropped. */
function proposer(spec: PersonaSpec, subject: Subject, rated: readonly RatedVote[], model: string) {
  const { module } = subject;
  const isQuotation = quotationFinder(subject);
  const about = { statistic: STATISTIC, model };
  return (suggestion: Suggestion): RuleProposal | DropReason => {
    if (isBan(suggestion)) return banProposal(spec, module, suggestion, rated, about) ?? 'not_borne_out';
    if (suggestion.op === 'add' && isQuotation(suggestion.text)) return 'quotes_feedback';
    const change = moduleChange(module, suggestion);
    return change === null
      ? 'no_effect'
      : { operation: { ...change, evidence: { ...about, ...votesBehind(subject.disliked) } } };
  };
}

/** Proposals from what a model answered about these modules, in their order. An answer about another is not looked at. */
export function proposeSuggestions(
  spec: PersonaSpec,
  subjects: readonly Subject[],
  rated: readonly RatedVote[],
  { model, answers }: ModelAnswers,
): Suggested {
  const proposals: RuleProposal[] = [];
  const dropped: Partial<Record<DropReason, number>> = {};
  const drop = (reason: DropReason) => (dropped[reason] = (dropped[reason] ?? 0) + 1);
  for (const subject of subjects) {
    const answer = answers.find(({ module }) => module === subject.module.id);
    if (answer === undefined) continue;
    const parsed = parseAnswer(answer.text);
    parsed.dropped.forEach(drop);
    for (const made of parsed.suggestions.map(proposer(spec, subject, rated, model))) {
      if (typeof made === 'string') drop(made);
      else proposals.push(made);
    }
  }
  return { proposals, dropped };
}
