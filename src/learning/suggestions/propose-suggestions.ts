import type { Operation } from '../../persona/operation.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { normalizeText } from '../../persona/text.ts';
import { votesBehind } from '../rules/counted-votes.ts';
import type { RuleProposal } from '../rules/proposal.ts';
import { createEchoFinder } from './echo.ts';
import { type DropReason, parseAnswer } from './parse-answer.ts';
import { quoted } from './question.ts';
import type { Suggestion } from './suggestion.ts';
import type { Subject } from './subjects.ts';

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

type Change = Pick<Operation, 'op' | 'path' | 'from' | 'to'>;

function itemChange(tokens: readonly string[], op: 'add' | 'remove', items: readonly string[], text: string) {
  const path = formatPointer([...tokens, text]);
  if (op === 'remove') return items.includes(text) ? { op, path, from: text } : null;
  return items.some((item) => normalizeText(item) === normalizeText(text)) ? null : { op, path, to: text };
}

/** The operation that a suggestion means, or null when it would change nothing. */
function changeOf(spec: PersonaSpec, module: ProceduralModule, suggestion: Suggestion): Change | null {
  const own = ['procedural_modules', module.id, suggestion.list];
  if (suggestion.list === 'say_style') {
    const path = formatPointer([...own, suggestion.name]);
    const from = module.say_style[suggestion.name];
    if (suggestion.op === 'remove') return from === undefined ? null : { op: 'remove', path, from };
    return from === undefined ? { op: 'add', path, to: suggestion.text } : null;
  }
  const { op, list, text } = suggestion;
  if (list !== 'banned_phrases') return itemChange(own, op, module[list], text);
  return itemChange(['deterministic_rules', list], op, spec.deterministic_rules[list], text);
}

/** Feedback must not be published word for word; a ban is a phrase of answers by its nature, and the gate tries it. */
function quotes(subject: Subject): (suggestion: Suggestion) => boolean {
  const shown = quoted(subject);
  const echoes = createEchoFinder(
    [...shown.disliked, ...shown.liked].flatMap((vote) => [vote.answer, vote.comment ?? '']),
  );
  return (suggestion) =>
    suggestion.op === 'add' && (suggestion.list === 'do' || suggestion.list === 'say_style') && echoes(suggestion.text);
}

/** Proposals from what a model answered about these modules, in their order. An answer about another is not looked at. */
export function proposeSuggestions(
  spec: PersonaSpec,
  subjects: readonly Subject[],
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
    const isQuotation = quotes(subject);
    const evidence = { statistic: 'llm_suggestion', model, ...votesBehind(subject.disliked) };
    for (const suggestion of parsed.suggestions) {
      const change = changeOf(spec, subject.module, suggestion);
      if (isQuotation(suggestion)) drop('quotes_feedback');
      else if (change === null) drop('no_effect');
      else proposals.push({ operation: { ...change, evidence } });
    }
  }
  return { proposals, dropped };
}
