import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { BREAKS } from '../../chaos/breaks.ts';
import { FAULTS, SHORT } from '../../chaos/faults/table.ts';
import { allCode, readRepositoryFile, section } from './markdown.ts';

const RELIABILITY = readRepositoryFile('docs/reliability.md');

const namesIn = (title: string): (string | undefined)[] =>
  [...section(RELIABILITY, title).matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);

describe('docs/reliability.md', () => {
  it('has a row for each fault, and one for each way in which the product is broken', () => {
    const short = SHORT.map(({ name }) => name).filter((name) => !FAULTS.some((fault) => fault.name === name));
    assert.deepEqual(namesIn('The faults'), [...FAULTS.map(({ name }) => name), ...short]);
    assert.deepEqual(
      namesIn('Whether it would be noticed'),
      BREAKS.map(({ name }) => name),
    );
  });

  it('names only files that exist', () => {
    const paths = allCode(RELIABILITY).flatMap((code) => code.match(/^(?:src|test|bench|chaos|docs)\/[\w./-]+$/) ?? []);
    assert.ok(paths.length >= 5, `only ${paths.length} paths`);
    for (const path of paths) assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), path);
  });
});
