import { ID_LISTS, parsePointer } from '../../persona/pointer.ts';
import { placeOf, stringsIn } from '../changes.ts';
import type { Operation } from '../../persona/operation.ts';
import { findInjection } from '../injection-patterns.ts';
import { fail, listed, pass, type Check } from './check.ts';

/** Code points in one text of an operation: a rule is a sentence, not a page. */
const MAX_TEXT = 200;

/** A conversation may have paragraphs; a prompt indents them, so that they cannot pose as headings. */
const withParagraphs = (list: string | undefined) => list === 'canonical_examples' || list === 'anti_examples';

/** Texts that an operation brings in: what its value holds and did not hold before, and the name it adds. Ids are not text. */
function addedTexts({ op, path, from, to }: Operation): string[] {
  if (op === 'remove') return [];
  const tokens = parsePointer(path);
  const isItem = tokens.length === 2 && ID_LISTS.some((list) => list === tokens[0]);
  const known = new Set([...stringsIn(from), ...(isItem ? tokens : [])]);
  const name = op === 'add' ? tokens.slice(-1) : [];
  const texts = [...name, ...stringsIn(to)].filter((text) => !known.has(text));
  return withParagraphs(tokens[0]) ? texts.map((text) => text.replaceAll(/\r?\n/g, ' ')) : texts;
}

function problems(operation: Operation): string[] {
  const found = addedTexts(operation).flatMap((text) => [
    ...findInjection(text),
    ...(Array.from(text).length > MAX_TEXT ? [`longer than ${MAX_TEXT} characters`] : []),
  ]);
  return [...new Set(found)];
}

/** Text that comes in from feedback must not give orders to the model, or hide. */
export const injection: Check = {
  name: 'injection',
  run({ changes }) {
    const findings = changes.flatMap((operation) =>
      problems(operation).map((problem) => ({ place: placeOf(operation), problem })),
    );
    if (findings.length === 0) return pass('No added text looks like an instruction to the model or hides anything.');
    const named = [...new Set(findings.map(({ place, problem }) => `${place} (${problem})`))];
    return fail(`Added text looks unsafe: ${listed(named)}. Read it, then take it out or word it as a plain rule.`, {
      findings,
    });
  },
};
