import { readFileSync } from 'node:fs';
import { seededRandom } from '../src/cli/demo/random.ts';
import { fitTenant } from '../src/learning/fit.ts';
import { parseLedgerFile } from '../src/learning/ledger-file.ts';
import { predict } from '../src/learning/predict.ts';
import type { LedgerEvent } from '../src/learning/types.ts';

/** The files have no times: all votes are of one moment. */
const AS_OF = Date.UTC(2026, 0, 1);

/** A shuffled copy (Fisher and Yates). */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

/** Votes of a file of real feedback, with its finer `segment` as the intent. Throws when a line is bad. */
export function readVotes(file: string): LedgerEvent[] {
  const text = readFileSync(file, 'utf8');
  const { rows, problems } = parseLedgerFile(text, { as_of: AS_OF });
  if (problems[0] !== undefined) throw new Error(`${file}, line ${problems[0].line}: ${problems[0].detail}`);
  const lines = text.split('\n');
  return rows.map(({ line, event }) => {
    const { segment } = JSON.parse(lines[line - 1]!) as { segment: string };
    return { ...event, intent_label: segment };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function logLoss(votes: readonly LedgerEvent[], predicted: (vote: LedgerEvent) => number): number {
  return mean(votes.map((vote) => -Math.log(vote.score === 1 ? predicted(vote) : 1 - predicted(vote))));
}

/** Predictions of one fit, each kind of answer asked once. */
function remembered(train: readonly LedgerEvent[]): (vote: LedgerEvent) => number {
  const fit = fitTenant(train, { as_of: AS_OF, anonymous_as_raters: true });
  const known = new Map<string, number>();
  return (vote) => {
    const key = JSON.stringify([vote.twin_id, vote.intent_label, vote.modules]);
    const p = known.get(key) ?? predict(fit, vote);
    known.set(key, p);
    return p;
  };
}

function globalMeanLoss(held: readonly LedgerEvent[], train: readonly LedgerEvent[]): number {
  const rate = (train.filter(({ score }) => score === 1).length + 1) / (train.length + 2);
  return logLoss(held, () => rate);
}

/** Mean held-out log loss of `splits` seeded random splits, trained on `n` votes and tested on all others. */
export function heldOutLoss(
  votes: readonly LedgerEvent[],
  n: number,
  splits = 50,
): { learner: number; globalMean: number } {
  const losses = Array.from({ length: splits }, (_, split) => {
    const order = shuffle(votes, seededRandom(split + 1));
    const train = order.slice(0, n);
    const held = order.slice(n);
    return { learner: logLoss(held, remembered(train)), globalMean: globalMeanLoss(held, train) };
  });
  return {
    learner: mean(losses.map(({ learner }) => learner)),
    globalMean: mean(losses.map(({ globalMean }) => globalMean)),
  };
}

/** The votes with those of a random `share` of their raters turned round; a vote without one is a rater of its own. */
function withLiars(votes: readonly LedgerEvent[], share: number, random: () => number): LedgerEvent[] {
  const raterOf = ({ rater_id, vote_key }: LedgerEvent) => rater_id ?? `row ${vote_key}`;
  const raters = shuffle([...new Set(votes.map(raterOf))], random);
  const liars = new Set(raters.slice(0, Math.round(share * raters.length)));
  return votes.map((vote) => (liars.has(raterOf(vote)) ? { ...vote, score: vote.score === 1 ? -1 : 1 } : vote));
}

/**
 * Mean log loss on honest held-out votes after training on `n` honest votes, and what a `share` of liars among their
 * raters adds to it; for the global mean too, which shows what the other rate of thumbs up costs by itself.
 */
export function costOfLiars(
  votes: readonly LedgerEvent[],
  n: number,
  share: number,
  splits: number,
): { honest: number; added: number; addedToGlobalMean: number } {
  const losses = Array.from({ length: splits }, (_, split) => {
    const random = seededRandom(split + 1);
    const order = shuffle(votes, random);
    const train = order.slice(0, n);
    const held = order.slice(n);
    const lying = withLiars(train, share, random);
    const honest = logLoss(held, remembered(train));
    return {
      honest,
      added: logLoss(held, remembered(lying)) - honest,
      addedToGlobalMean: globalMeanLoss(held, lying) - globalMeanLoss(held, train),
    };
  });
  return {
    honest: mean(losses.map(({ honest }) => honest)),
    added: mean(losses.map(({ added }) => added)),
    addedToGlobalMean: mean(losses.map(({ addedToGlobalMean }) => addedToGlobalMean)),
  };
}
