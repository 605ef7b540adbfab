/** The invisible characters that text copied from a page or a document carries between its letters. */
const INVISIBLE = /[\u00AD\u200B-\u200D\u2060\uFEFF]/g;
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}_]/u;
/** Scripts written without spaces: each character counts as a word, as word processors do. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** By UTF-16 code units: the same on every machine, which a locale's order is not. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lower case, NFKC, straight quotes, one kind of hyphen, single spaces: the form in which phrases are compared. */
export function normalizeText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .toLowerCase()
    .replace(/[\u2018\u2019\u02BC]/g, "'")
    .replace(/[\u201C\u201D]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Number of words: pieces between white space that hold a letter or a digit. */
export function countWords(text: string): number {
  const characters = text.match(UNSPACED)?.length ?? 0;
  const spaced = characters === 0 ? text : text.replace(UNSPACED, ' ');
  const pieces = spaced.split(/\s+/).filter((piece) => /[A-Za-z0-9]/.test(piece) || /[\p{L}\p{N}]/u.test(piece));
  return characters + pieces.length;
}

/** A stretch of a normalised text, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

function insideWord(text: string, index: number): boolean {
  const before = Array.from(text.slice(Math.max(0, index - 2), index)).at(-1) ?? '';
  const after = String.fromCodePoint(text.codePointAt(index) ?? 32);
  return index > 0 && WORD_CHARACTER.test(before) && WORD_CHARACTER.test(after);
}

/** Where a phrase stands in a text as whole words, overlaps included. Both must be normalised by `normalizeText`. */
export function phraseSpans(text: string, phrase: string): Span[] {
  const spans: Span[] = [];
  if (phrase === '') return spans;
  for (let start = text.indexOf(phrase); start !== -1; start = text.indexOf(phrase, start + 1)) {
    const end = start + phrase.length;
    if (!insideWord(text, start) && !insideWord(text, end)) spans.push({ start, end });
  }
  return spans;
}

/** A key as a reader sees it: `reading_level` is "Reading level". */
export function labelOf(key: string): string {
  const words = key.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
