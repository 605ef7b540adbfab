import { learn } from '../../src/learning/learn.ts';
import type { LedgerEvent } from '../../src/learning/types.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { seededRandom } from '../../src/cli/demo/random.ts';
import { shuffle } from './random-splits.ts';

/** Confidence and share of thumbs up of a module, before and after one rater's 500 thumbs down on its answers. */
export interface OneRater {
  readonly module: string;
  readonly confidence: readonly [before: number, after: number];
  readonly rawMean: readonly [before: number, after: number];
}

/** 200 votes of one twin of the data, and then one rater who casts 500 thumbs down on a good module. */
export function oneRaterAgainst(votes: readonly LedgerEvent[], twin_id: string, module: string): OneRater {
  const own = shuffle(
    votes.filter((vote) => vote.twin_id === twin_id),
    seededRandom(7),
  ).slice(0, 200);
  const having = own.filter(({ modules }) => modules.some(({ id }) => id === module));
  const troll = Array.from({ length: 500 }, (_, i) => ({
    ...having[i % having.length]!,
    event_id: `troll-${i}`,
    vote_key: `troll-${i}`,
    rater_id: 'troll',
    score: -1 as const,
  }));
  const active = personaSpecSchema.parse({ procedural_modules: [{ id: module }] });
  const as_of = own[0]!.occurred_at;
  const confidence = (events: readonly LedgerEvent[]): number =>
    learn({ twin_id, active, events, as_of, vetoes: [], anonymous_as_raters: true }).modules[0]!.confidence;
  const up = having.filter(({ score }) => score === 1).length;
  return {
    module,
    confidence: [confidence(own), confidence([...own, ...troll])],
    rawMean: [up / having.length, up / (having.length + troll.length)],
  };
}
