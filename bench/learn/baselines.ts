import type { LedgerEvent } from '../../src/learning/types.ts';
import type { Learn } from './random-splits.ts';

/** The bounds of a published confidence, ours and the reference's: without them one wrong certainty costs infinitely. */
const clip = (p: number): number => Math.min(0.99, Math.max(0.05, p));
const isUp = (vote: LedgerEvent): boolean => vote.score === 1;
const twinIntent = ({ twin_id, intent_label }: LedgerEvent): string => `${twin_id}\u0000${intent_label}`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Votes and thumbs up by key. */
function countBy(votes: readonly LedgerEvent[], keysOf: (vote: LedgerEvent) => readonly string[]) {
  const counts = new Map<string, { n: number; up: number }>();
  for (const vote of votes) {
    for (const key of keysOf(vote)) {
      const { n, up } = counts.get(key) ?? { n: 0, up: 0 };
      counts.set(key, { n: n + 1, up: up + (isUp(vote) ? 1 : 0) });
    }
  }
  return (key: string) => counts.get(key) ?? { n: 0, up: 0 };
}

/** One share of thumbs up for everything, by Laplace's rule of succession. */
export const globalMean: Learn = (train) => {
  const p = (train.filter(isUp).length + 1) / (train.length + 2);
  return () => p;
};

/** Mean of the shares of thumbs up under the keys of an answer; the global mean where none was seen. */
function averages(keysOf: (vote: LedgerEvent) => readonly string[]): Learn {
  return (train) => {
    const otherwise = globalMean(train);
    const count = countBy(train, keysOf);
    return (vote) => {
      const shares = keysOf(vote)
        .map(count)
        .filter(({ n }) => n > 0)
        .map(({ n, up }) => up / n);
      return shares.length === 0 ? otherwise(vote) : clip(mean(shares));
    };
  };
}

/** The share of thumbs up of a twin and intent, as a dashboard shows it. */
export const rawAverages: Learn = averages((vote) => [twinIntent(vote)]);

/** The shares of an answer's modules over all twins, averaged: the strongest of the simple ones here. */
export const moduleAverages: Learn = averages(({ modules }) => modules.map(({ id }) => id));

const START = 0.7;
const STEP_LIMIT = 0.08;
/** A thumb without a reason, on a module: (.035 + .02) and -(.055 + .03), each times 1.1. */
const WEIGHT = { up: 0.055 * 1.1, down: -0.085 * 1.1 };
/** The votes that start a run there, unless told otherwise. */
const RUN_VOTES = 5;

/**
 * The reference's additive rule: each run adds the weights of its votes to a module's confidence in its twin, by .08 at
 * most, from .70 and within [.05, .99]. Its signal of a whole intent is left out: these modules belong to no one intent.
 * An answer is worth the mean confidence of its modules.
 */
export const additiveRule: Learn = (train) => {
  const confidence = new Map<string, number>();
  const keysOf = ({ twin_id, modules }: LedgerEvent) => modules.map(({ id }) => `${twin_id}\u0000${id}`);
  for (const twin of new Set(train.map(({ twin_id }) => twin_id))) {
    const votes = train.filter(({ twin_id }) => twin_id === twin);
    for (let start = 0; start < votes.length; start += RUN_VOTES) {
      const signal = new Map<string, number>();
      for (const vote of votes.slice(start, start + RUN_VOTES)) {
        const weight = isUp(vote) ? WEIGHT.up : WEIGHT.down;
        for (const key of keysOf(vote)) signal.set(key, (signal.get(key) ?? 0) + weight);
      }
      for (const [key, sum] of signal) {
        const step = Math.min(STEP_LIMIT, Math.max(-STEP_LIMIT, sum));
        confidence.set(key, clip((confidence.get(key) ?? START) + step));
      }
    }
  }
  return (vote) => {
    const known = keysOf(vote).map((key) => confidence.get(key) ?? START);
    return known.length === 0 ? START : mean(known);
  };
};

/** What the level above weighs, in votes. */
const PSEUDO_VOTES = 10;

/**
 * A chain of Beta posteriors: all votes, from a uniform prior; the twin; the twin's intent; each of the answer's modules
 * in the twin. The prior of each has the mean of the one before and weighs 10 votes; an answer has its modules' mean.
 */
export const betaChain: Learn = (train) => {
  const all = globalMean(train);
  const moduleKeys = ({ twin_id, modules }: LedgerEvent) => modules.map(({ id }) => `${twin_id}\u0000${id}`);
  const twins = countBy(train, ({ twin_id }) => [twin_id]);
  const intents = countBy(train, (vote) => [twinIntent(vote)]);
  const modules = countBy(train, moduleKeys);
  const below = ({ n, up }: { n: number; up: number }, prior: number) =>
    (up + PSEUDO_VOTES * prior) / (n + PSEUDO_VOTES);
  return (vote) => {
    const ofIntent = below(intents(twinIntent(vote)), below(twins(vote.twin_id), all(vote)));
    const ofModules = moduleKeys(vote).map((key) => below(modules(key), ofIntent));
    return ofModules.length === 0 ? ofIntent : mean(ofModules);
  };
};
