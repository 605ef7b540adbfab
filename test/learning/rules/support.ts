import { starterPersona } from '../../../src/persona/default-persona.ts';
import type { Operation } from '../../../src/persona/operation.ts';
import { formatPointer } from '../../../src/persona/pointer.ts';
import { proposeRules } from '../../../src/learning/rules/propose-rules.ts';
import type { RulesInput, RuleVote } from '../../../src/learning/rules/types.ts';
import { AS_OF, DAY } from '../support.ts';

export const INTENT = 'advice_or_stance';
/** Where a step for that intent goes: its first module. */
const MODULE = 'advice.recommend_first';

/** One row; its key is its event id, its rater its own. */
export function row(id: string, rest: Partial<RuleVote> & { readonly ageDays?: number } = {}): RuleVote {
  const { ageDays = 1, ...columns } = rest;
  return {
    event_id: id,
    vote_key: id,
    kind: 'vote',
    score: -1,
    rater_id: `rater ${id}`,
    intent_label: INTENT,
    reason: null,
    comment: null,
    answer: null,
    occurred_at: AS_OF - ageDays * DAY,
    seq: 0,
    ...columns,
  };
}

export const rows = (count: number, prefix: string, rest: (i: number) => Parameters<typeof row>[1]): RuleVote[] =>
  Array.from({ length: count }, (_, i) => row(`${prefix}${i}`, rest(i)));

const WORDS = 'river stone lamp garden window paper bridge harvest copper violin'.split(' ');

const letters = (...numbers: number[]) => numbers.map((n) => String.fromCharCode(97 + (n % 26))).join('');

/** An answer of `words` words in short paragraphs that says nothing another one says, but for `phrase`. */
export function text(i: number, words: number, phrase = ''): string {
  const own = words - phrase.split(' ').filter(Boolean).length;
  const said = Array.from({ length: own }, (_, at) => {
    const end = at % 50 === 49 ? '.\n\n' : ' ';
    return `${WORDS[(i * 7 + at * 3) % 10]}${letters(i, at, i / 26, at / 26)}${end}`;
  });
  return `${said.join('')}${phrase}`;
}

export const rules = (votes: readonly RuleVote[], rest: Partial<RulesInput> = {}) =>
  proposeRules({ twin_id: 't', active: starterPersona, votes, as_of: AS_OF, vetoes: [], ...rest });

export const stepPath = (step: string, module = MODULE): string =>
  formatPointer(['procedural_modules', module, 'do', step]);

export const paths = ({ operations }: { readonly operations: readonly Operation[] }): string[] =>
  operations.map(({ path }) => path);
