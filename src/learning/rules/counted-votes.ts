import { type Intent, toIntent } from '../../persona/intents.ts';
import { countWords, normalizeText } from '../../persona/text.ts';
import { compareText, sha256 } from '../canonical.ts';
import { buildLedger } from '../ledger.ts';
import type { LedgerEvent } from '../types.ts';
import { voteWeights } from '../weights.ts';
import { type Complaint, complaintsOf } from './lexicon.ts';
import type { RulesInput, RuleVote } from './types.ts';

/** A vote that counts, as the rules look at it. */
export interface CountedVote {
  readonly event_id: string;
  readonly occurred_at: number;
  readonly score: -1 | 1;
  readonly intent: Intent;
  /** Null: nobody can tell who, so it does not count towards the raters. */
  readonly rater_id: string | null;
  /** Weight as in the fit: age, and no rater over five votes. */
  readonly weight: number;
  readonly complaints: readonly Complaint[];
  readonly comment: string | null;
}

/** A vote whose answer is known. */
export interface RatedVote extends CountedVote {
  readonly answer: string;
  /** By `normalizeText`. */
  readonly text: string;
  readonly words: number;
  /**
   * What the vote adds to what is known of answers: as `weight` without age, because answers do not get better by
   * waiting, and all votes on one text together one, because ten people who read the same say little more than one.
   */
  readonly share: number;
}

export interface CountedVotes {
  /** By event id. */
  readonly all: readonly CountedVote[];
  readonly rated: readonly RatedVote[];
}

/** Rows that agree in all that decides between them must not depend on the input's order by their texts. */
function compareRows(a: RuleVote, b: RuleVote): number {
  const content = (row: RuleVote) =>
    JSON.stringify([row.kind, row.score, row.rater_id, row.intent_label, row.reason, row.comment, row.answer]);
  return (
    a.seq - b.seq ||
    a.occurred_at - b.occurred_at ||
    compareText(a.event_id, b.event_id) ||
    compareText(a.vote_key, b.vote_key) ||
    compareText(content(a), content(b))
  );
}

/** The votes that count, by the rules of the fit: last row of a key, nothing retracted, late or over a year old. */
export function countVotes({ twin_id, votes, as_of, anonymous_as_raters }: RulesInput): CountedVotes {
  const rows = new Map<LedgerEvent, RuleVote>();
  for (const vote of votes.toSorted(compareRows)) {
    const { event_id, vote_key, kind, score, rater_id, intent_label, occurred_at, seq } = vote;
    const event = { event_id, vote_key, kind, score, rater_id, intent_label, occurred_at, seq };
    rows.set({ ...event, twin_id, source: 'user', modules: [] }, vote);
  }
  const ledger = buildLedger([...rows.keys()], as_of, anonymous_as_raters ?? false);
  const weights = voteWeights(ledger);
  const shares = voteWeights({ ...ledger, age: new Float64Array(ledger.votes.length) });
  const all: CountedVote[] = [];
  const rated: RatedVote[] = [];
  const readers = new Map<string, number>();
  ledger.votes.forEach((event, index) => {
    const row = rows.get(event)!;
    const human = ledger.human[index] === 1;
    const vote: CountedVote = {
      event_id: event.event_id,
      occurred_at: event.occurred_at,
      score: event.score === 1 ? 1 : -1,
      intent: toIntent(event.intent_label),
      rater_id: human ? (event.rater_id ?? `row ${event.vote_key}`) : null,
      weight: weights[index]!,
      complaints: complaintsOf(row),
      comment: row.comment,
    };
    all.push(vote);
    const text = row.answer === null ? '' : normalizeText(row.answer);
    if (row.answer === null || text === '') return;
    rated.push({ ...vote, answer: row.answer, text, words: countWords(row.answer), share: shares[index]! });
    readers.set(text, (readers.get(text) ?? 0) + 1);
  });
  return { all, rated: rated.map((vote) => ({ ...vote, share: vote.share / readers.get(vote.text)! })) };
}

/** Different answers among those voted on. */
export const textsOf = (votes: readonly RatedVote[]): number => new Set(votes.map(({ text }) => text)).size;

export const ratersOf = (votes: readonly CountedVote[]): number => new Set(votes.flatMap((v) => v.rater_id ?? [])).size;

/** Six decimals, as all evidence has. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** What every operation says of the votes behind it: figures and a hash, never a text. */
export function votesBehind(votes: readonly CountedVote[]) {
  return {
    events: votes.length,
    raters: ratersOf(votes),
    effective_votes: rounded(votes.reduce((sum, vote) => sum + vote.weight, 0)),
    events_hash: sha256(JSON.stringify(votes.map(({ event_id, score }) => [event_id, score]))),
  };
}
