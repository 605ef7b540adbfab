import { readFileSync } from 'node:fs';
import { seededRandom } from '../../src/cli/demo/random.ts';
import { fitTenant } from '../../src/learning/fit.ts';
import { parseLedgerFile } from '../../src/learning/ledger-file.ts';
import { predict } from '../../src/learning/predict.ts';
import type { LedgerEvent } from '../../src/learning/types.ts';

/** The files have no times: all votes are of one moment. */
const AS_OF = Date.UTC(2026, 0, 1);

/** What learns from votes: gives P(thumb up) of a vote that it has not seen. */
export type Learn = (train: readonly LedgerEvent[]) => (vote: LedgerEvent) => number;

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

/** Our learner; each kind of answer is asked once. */
export const ours: Learn = (train) => {
  const fit = fitTenant(train, { as_of: AS_OF, anonymous_as_raters: true });
  const known = new Map<string, number>();
  return (vote) => {
    const key = JSON.stringify([vote.twin_id, vote.intent_label, vote.modules]);
    const p = known.get(key) ?? predict(fit, vote);
    known.set(key, p);
    return p;
  };
};

/**
 * Mean held-out log loss of each learner over `splits` seeded random splits, the same ones for all: trained on `n`
 * votes, which `spoil` may have changed, and tested on all others as they are.
 */
export function heldOutLoss<Name extends string>(
  votes: readonly LedgerEvent[],
  n: number,
  learners: Readonly<Record<Name, Learn>>,
  { splits = 50, spoil = (train: LedgerEvent[], _split: number): LedgerEvent[] => train } = {},
): Record<Name, number> {
  const names = Object.keys(learners) as Name[];
  const losses = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let split = 1; split <= splits; split++) {
    const order = shuffle(votes, seededRandom(split));
    const train = spoil(order.slice(0, n), split);
    const held = order.slice(n);
    for (const name of names) losses[name].push(logLoss(held, learners[name](train)));
  }
  return Object.fromEntries(names.map((name) => [name, mean(losses[name])])) as Record<Name, number>;
}
