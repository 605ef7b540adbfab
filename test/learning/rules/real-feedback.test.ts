import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { seededRandom } from '../../../src/cli/demo/random.ts';
import { runGate } from '../../../src/gate/gate.ts';
import { parseLedgerFile } from '../../../src/learning/ledger-file.ts';
import type { RuleVote } from '../../../src/learning/rules/types.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { AS_OF } from '../support.ts';
import { learned } from '../../gate/support.ts';
import { paths, rules, stepPath } from './support.ts';

const DATA = new URL('../../../../shared/data/', import.meta.url);
const FACTUAL = 'factual.direct_answer';

const SOURCE = 'Name the source of every claim that a reader may want to check.';
const QUESTION = 'Answer the question that was asked before anything else; leave out what does not bear on it.';
const EVERY_PART = 'Cover every part of the question, with the details that a reader needs in order to act.';

/** The rows of a file, without answers that the file has cut: their lengths are the cutter's. */
function rowsOf(file: string): RuleVote[] {
  const content = readFileSync(new URL(file, DATA), 'utf8');
  const lines = content
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { answer: string; answer_words?: number });
  return parseLedgerFile(content, { as_of: AS_OF }).rows.map(({ line, event, reason, comment, answer }) => {
    const cut = lines[line - 1]?.answer_words !== undefined && (answer?.length ?? 0) >= 280;
    return { ...event, reason, comment, answer: cut ? null : answer };
  });
}

const ratedOf = (votes: readonly RuleVote[]) =>
  votes.flatMap(({ event_id, score, rater_id, intent_label, answer }) =>
    answer === null || score === 0 ? [] : [{ event_id, score, rater_id: rater_id ?? event_id, intent_label, answer }],
  );

describe('rules from real feedback', function () {
  this.timeout(60_000);

  before(function () {
    if (existsSync(new URL('expertqa_usefulness.jsonl', DATA)) && existsSync(new URL('feedbackqa_ratings.jsonl', DATA)))
      return;
    console.log('skipped: shared/data is not beside the repository');
    this.skip();
  });

  it("experts' complaints ask for sources, and no honest hedge is banned", () => {
    const votes = rowsOf('expertqa_usefulness.jsonl');
    const found = rules(votes);
    assert.deepEqual(paths(found), [stepPath(SOURCE, FACTUAL)]);
    assert.equal(runGate(learned(found.operations, ratedOf(votes))).verdict, 'pass');
  });

  it('readers of retrieved passages ask for an answer to their question first of all', () => {
    const votes = rowsOf('feedbackqa_ratings.jsonl');
    assert.deepEqual(rules(votes).operations, [], 'nobody knows who they were');
    const found = rules(votes, { anonymous_as_raters: true });
    assert.deepEqual(paths(found).slice(0, 2), [stepPath(QUESTION, FACTUAL), stepPath(EVERY_PART, FACTUAL)]);
    assert.ok((found.operations[0]?.evidence?.value ?? 0) > 0.3);
    assert.equal(runGate(learned(found.operations, ratedOf(votes))).verdict, 'pass');
  });

  it('a phrase planted into disliked answers is found, and one planted anywhere is not', () => {
    const votes = rowsOf('expertqa_usefulness.jsonl');
    const planted = (every: (vote: RuleVote, i: number) => boolean) =>
      votes.map((vote, i) =>
        every(vote, i) ? { ...vote, answer: `${vote.answer} In this day and age, who knows.` } : vote,
      );
    const found = rules(planted((vote) => vote.score === -1)).operations;
    const banned = paths({ operations: found }).filter((path) =>
      path.startsWith('/deterministic_rules/banned_phrases/'),
    );
    assert.equal(banned.length, 1);
    assert.match(banned[0] ?? '', /day and age|in this day|knows/);
    assert.equal(runGate(learned(found, ratedOf(planted((vote) => vote.score === -1)))).verdict, 'pass');
    const spread = rules(planted((_, i) => i % 3 === 0));
    assert.deepEqual(paths(spread), [stepPath(SOURCE, FACTUAL)]);
  });

  it('bans nothing where texts are good or bad by chance, however many people rate each', () => {
    const votes = rowsOf('feedbackqa_ratings.jsonl').filter(({ answer }) => answer !== null);
    const random = seededRandom(1);
    const liking = new Map(votes.map(({ answer }) => [answer, random() < 0.5 ? 0.2 : 0.8]));
    const byChance = votes.map((vote, i): RuleVote => {
      const score = random() < liking.get(vote.answer)! ? 1 : -1;
      return { ...vote, score, comment: null, rater_id: `r${i}`, occurred_at: AS_OF - Math.floor(random() * 2e9) };
    });
    const { operations, withheld } = rules(byChance.slice(0, 5_000));
    assert.deepEqual([operations, withheld], [[], []]);
  });

  it('is quick', () => {
    const votes = rowsOf('feedbackqa_ratings.jsonl');
    const started = performance.now();
    rules(votes, { active: starterPersona, anonymous_as_raters: true });
    assert.ok(performance.now() - started < 20_000);
  });
});
