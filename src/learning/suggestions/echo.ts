import { normalizeText } from '../../persona/text.ts';

/** So many words in a row are a quotation; fewer occur by chance. */
const QUOTED_WORDS = 6;

const wordsOf = (text: string): string[] => normalizeText(text).match(/[\p{L}\p{M}\p{N}']+/gu) ?? [];

function runsOf(text: string): string[] {
  const words = wordsOf(text);
  return words.slice(QUOTED_WORDS - 1).map((_, index) => words.slice(index, index + QUOTED_WORDS).join(' '));
}

/** Tells whether a text holds 6 words in a row of any of these, in their order. */
export function createEchoFinder(texts: readonly string[]): (text: string) => boolean {
  const known = new Set(texts.flatMap(runsOf));
  return (text) => runsOf(text).some((run) => known.has(run));
}
