import type { RatedVote } from './counted-votes.ts';

const LONGEST = 4;
/** Words that one space parts: a phrase does not reach over a comma, a number sign or a line's end. */
const SEGMENT = /[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*(?: [\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*)*/gu;

/** Answers by the phrase that they hold; each answer once, however often it holds it. */
export type Holders = Map<string, RatedVote[]>;

const wordsOf = (votes: readonly RatedVote[], without: (text: string) => string = (text) => text) =>
  votes.map((vote) => ({
    vote,
    segments: Array.from(without(vote.text).matchAll(SEGMENT), ([segment]) => segment.split(' ')),
  }));

type Words = ReturnType<typeof wordsOf>;

function holdersOf(
  words: Words,
  size: number,
  isCandidate: (phrase: string, gram: readonly string[]) => boolean,
): Holders {
  const holders: Holders = new Map();
  for (const { vote, segments } of words) {
    for (const segment of segments) {
      for (let at = 0; at + size <= segment.length; at++) {
        const gram = segment.slice(at, at + size);
        const phrase = gram.join(' ');
        if (!isCandidate(phrase, gram)) continue;
        const list = holders.get(phrase);
        if (list === undefined) holders.set(phrase, [vote]);
        else if (list.at(-1) !== vote) list.push(vote);
      }
    }
  }
  return holders;
}

/** By size, whether both shorter phrases of a longer one are frequent (Agrawal and Srikant, Apriori, VLDB 1994). */
const extendsKnown = (known: Holders) => (_: string, gram: readonly string[]) =>
  known.has(gram.slice(0, -1).join(' ')) && known.has(gram.slice(1).join(' '));

/** Phrases of 2 to 4 words that at least `least` different texts among `votes` hold outside of what `without` removes. */
export function frequentPhrases(
  votes: readonly RatedVote[],
  least: number,
  without: (text: string) => string,
): Holders {
  const words = wordsOf(votes, without);
  const frequent: Holders = new Map();
  let known: Holders | null = null;
  for (let size = 2; size <= LONGEST; size++) {
    const found = holdersOf(words, size, known === null ? () => true : extendsKnown(known));
    known = new Map([...found].filter(([, list]) => new Set(list.map((vote) => vote.text)).size >= least));
    for (const [phrase, list] of known) frequent.set(phrase, list);
  }
  return frequent;
}

/** Which of some phrases each of `votes` holds. */
export function holdersAmong(votes: readonly RatedVote[], phrases: ReadonlyMap<string, unknown>): Holders {
  const words = wordsOf(votes);
  const all: Holders = new Map();
  for (let size = 2; size <= LONGEST; size++) {
    for (const [phrase, list] of holdersOf(words, size, (candidate) => phrases.has(candidate))) all.set(phrase, list);
  }
  return all;
}
