import assert from 'node:assert/strict';
import { environmentSchema } from '../../src/config.ts';
import { readRepositoryFile } from './markdown.ts';

describe('.env.example', () => {
  const lines = readRepositoryFile('.env.example').split('\n');
  const variables = lines.flatMap((line, index) => {
    const [, name, value] = /^# ?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value, explanation: lines[index - 1] ?? '' }];
  });

  it('lists each variable that src/config.ts reads, and no other, with its default', () => {
    const defaults: Readonly<Record<string, string | number | boolean | readonly unknown[] | undefined>> =
      environmentSchema.parse({});
    const known = Object.keys(environmentSchema.shape).map((name) => [name, String(defaults[name] ?? '')]);
    assert.deepEqual(Object.fromEntries(variables.map(({ name, value }) => [name, value])), Object.fromEntries(known));
    assert.equal(variables.length, known.length, 'a variable is listed twice');
  });

  it('explains each in one line, and sets none when it is read as it is', () => {
    for (const { name, explanation } of variables) assert.match(explanation, /^# .{15,}[.;]$/, name);
    for (const line of lines) assert.match(line, /^(#.*)?$/);
  });
});
