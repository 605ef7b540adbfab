import { contentHash } from '../../persona/hash.ts';
import { type Channel, type Intent, toIntent } from '../../persona/intents.ts';
import { byCodeUnit, normalizeText } from '../../persona/text.ts';
import { channelIsolationCases, regressionCases } from '../cases/built-in.ts';
import type { RegressionCase } from '../types.ts';

/** A question that somebody asked the twin. */
export interface RecordedQuestion {
  /** Of a vote on its answer. */
  readonly event_id: string;
  readonly intent_label: string;
  readonly channel: Channel;
  readonly query: string;
}

/** A question that both versions answer. */
export interface Question {
  /** Of the case or of the vote that it comes from; never its text. */
  readonly id: string;
  readonly intent: Intent;
  readonly channel: Channel;
  readonly query: string;
  /** The adversarial cases that ask it. */
  readonly adversarial: readonly RegressionCase[];
}

/** Case, spacing and quotes make no other question. */
export const keyOf = ({ intent, channel, query }: Pick<Question, 'intent' | 'channel' | 'query'>): string =>
  `${intent} ${channel} ${normalizeText(query)}`;

const ofCase = (one: RegressionCase): Question => ({
  id: one.id,
  intent: toIntent(one.intent_label),
  channel: one.channel,
  query: one.query,
  adversarial: one.adversarial ? [one] : [],
});

const ofVote = ({ event_id, intent_label, channel, query }: RecordedQuestion): Question => ({
  id: event_id,
  intent: toIntent(intent_label),
  channel,
  query,
  adversarial: [],
});

/** Drawn by their hash: as good as at random, and the same in any order. */
function drawn(questions: readonly Question[]): Question[] {
  return questions
    .map((question) => ({ question, hash: contentHash([keyOf(question), question.id]) }))
    .toSorted((a, b) => byCodeUnit(a.hash, b.hash))
    .map(({ question }) => question);
}

/**
 * Each question once, the most telling first: adversarial cases, then what people asked this twin, then the other cases.
 * Built-in cases are always among them. The order of the inputs does not count.
 */
export function questionsOf(cases: readonly RegressionCase[], recorded: readonly RecordedQuestion[]): Question[] {
  const ofCases = drawn([...regressionCases, ...channelIsolationCases, ...cases].map(ofCase));
  const adversarial = ofCases.filter((question) => question.adversarial.length > 0);
  const others = ofCases.filter((question) => question.adversarial.length === 0);
  const byKey = new Map<string, Question>();
  for (const question of [...adversarial, ...drawn(recorded.map(ofVote)), ...others]) {
    if (normalizeText(question.query) === '') continue;
    const key = keyOf(question);
    const known = byKey.get(key);
    const both = [...(known?.adversarial ?? []), ...question.adversarial];
    byKey.set(key, { ...(known ?? question), adversarial: both });
  }
  return [...byKey.values()];
}
