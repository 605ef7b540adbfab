import { countWords } from './text.ts';

/** Words a paragraph may have under `short_paragraphs`. */
const SHORT_PARAGRAPH_WORDS = 90;
/** Sentences an answer may have at most under the depth `brief`, and must have at least under `deep`. */
const BRIEF_SENTENCES = 6;
const DEEP_SENTENCES = 4;

const BULLET = /^[ \t]*[-*\u2022][ \t]+\S/;
const NUMBERED = /^[ \t]*\d{1,3}[.)][ \t]+\S/;
const MARKUP = /^[ \t]*(?:#{1,6}[ \t]|```|~~~|\||>[ \t])|\*\*\S/;
/** A link, a DOI, a numbered reference, or a year in parentheses. */
const CITATION =
  /https?:\/\/\S|\b10\.\d{4,9}\/\S|\[\d{1,3}\]|\[\^\w{1,20}\]|\((?:[^()\n]{0,80}\b)?(?:1[5-9]|20)\d\d[a-z]?\)/;

const lines = (answer: string) => answer.split(/\r\n|\r|\n/);
const countLines = (answer: string, shape: RegExp) => lines(answer).filter((line) => shape.test(line)).length;

function longestParagraph(answer: string): number {
  let longest = 0;
  let words = 0;
  for (const line of lines(answer)) {
    const starts = line.trim() === '' || BULLET.test(line) || NUMBERED.test(line);
    words = (starts ? 0 : words) + countWords(line);
    longest = Math.max(longest, words);
  }
  return longest;
}

/** A format's sentence for the prompt, and what an answer lacks under it (null: nothing). */
interface AnswerFormat {
  readonly instruction: string;
  readonly lacks: (answer: string) => string | null;
}

/** The formats that can be checked. A spec may join several with commas; anything else is free text. */
const FORMATS: Readonly<Record<string, AnswerFormat>> = {
  bullets: {
    instruction: 'a bulleted list of at least two points',
    lacks: (answer) => (countLines(answer, BULLET) >= 2 ? null : 'fewer than 2 bullets'),
  },
  numbered_steps: {
    instruction: 'numbered steps, at least two',
    lacks: (answer) => (countLines(answer, NUMBERED) >= 2 ? null : 'fewer than 2 numbered steps'),
  },
  short_paragraphs: {
    instruction: `short paragraphs, ${SHORT_PARAGRAPH_WORDS} words each at most`,
    lacks: (answer) => {
      const longest = longestParagraph(answer);
      return longest <= SHORT_PARAGRAPH_WORDS
        ? null
        : `a paragraph of ${longest} words, ${SHORT_PARAGRAPH_WORDS} at most`;
    },
  },
  citations: {
    instruction: 'with at least one source: a link, a DOI, a numbered reference, or author and year in parentheses',
    lacks: (answer) => (CITATION.test(answer) ? null : 'no source'),
  },
  plain: {
    instruction: 'plain running text without headings, lists, tables, code blocks or bold',
    lacks: (answer) =>
      [BULLET, NUMBERED, MARKUP].some((shape) => countLines(answer, shape) > 0) ? 'markup in plain text' : null,
  },
};

function namedFormats(format: string): [string, AnswerFormat][] | null {
  const names = format.split(',').map((name) => name.trim());
  const known = names.flatMap((name): [string, AnswerFormat][] => {
    const found = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    return found === undefined ? [] : [[name, found]];
  });
  return known.length === names.length ? known : null;
}

/** What the prompt says of a format: the sentence of each known one, free text as it stands. */
export function formatInstruction(format: string): string {
  return (
    namedFormats(format)
      ?.map(([, known]) => known.instruction)
      .join('; ') ?? format
  );
}

/** What an answer lacks under a format, each as `name: figures`; nothing for free text, which only a reader can judge. */
export function formatProblems(format: string, answer: string): string[] {
  return (namedFormats(format) ?? []).flatMap(([name, known]) => {
    const problem = known.lacks(answer);
    return problem === null ? [] : [`${name}: ${problem}`];
  });
}

/** What is wrong with an answer's depth under `brief` or `deep`, or null; other words are for the prompt alone. */
export function depthProblem(depth: string, answer: string): string | null {
  const sentences = answer.split(/[.!?\u3002\uFF01\uFF1F]+(?=\s|$)|\n+/).filter((part) => countWords(part) > 0).length;
  if (depth === 'brief' && sentences > BRIEF_SENTENCES)
    return `brief: ${sentences} sentences, ${BRIEF_SENTENCES} at most`;
  if (depth === 'deep' && sentences < DEEP_SENTENCES) return `deep: ${sentences} sentences, ${DEEP_SENTENCES} at least`;
  return null;
}
