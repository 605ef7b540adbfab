import fc from 'fast-check';
import type { Json } from '../harness.ts';
import { DOCUMENT } from '../operations.ts';

/** One leaf or branch in so many is what nobody should send. */
const GOOD_TO_BAD = 12;

const TEXTS = ['', ' ', '\u0000', 'a\u0000b', '\ud800', 'x\udfff', '\u202e', '💥'.repeat(300), 'x'.repeat(70_000)];
const NAMES = ["'; drop table twins; --", '../../etc/passwd', '%00', '${7*7}', '__proto__', 'constructor', 'toString'];
const TIMES = [
  '2026-02-30T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '0000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
];
const NUMBERS = [-1, -0, 0.1, 2 ** 31, 2 ** 53 + 2, 2 ** 63, 1e21, 1e308, -1e308, 5e-324];
const POLLUTING: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');

/** Values that break careless code: characters, numbers, dates, names of prototypes, and the wrong type everywhere. */
export const NASTY: readonly unknown[] = [
  ...TEXTS,
  ...NAMES,
  ...TIMES,
  ...NUMBERS,
  null,
  true,
  [],
  {},
  [[[]]],
  POLLUTING,
];

type Schema = Json;

const resolve = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : DOCUMENT.components.schemas[schema.$ref.split('/').at(-1)];

/** Values of a JSON schema of openapi.json, a few of them spoilt; `names` are ids that may stand for any string. */
export function arbitraryOf(schema: Schema, names: readonly string[]): fc.Arbitrary<unknown> {
  const bad = fc.constantFrom(...NASTY, ...names);
  const inside = (child: Schema): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: GOOD_TO_BAD, arbitrary: good(resolve(child)) }, { weight: 1, arbitrary: bad });

  function good(one: Schema): fc.Arbitrary<unknown> {
    if (one.const !== undefined) return fc.constant(one.const);
    if (one.enum !== undefined) return fc.constantFrom(...one.enum);
    const choices = one.anyOf ?? one.oneOf;
    if (choices !== undefined) return fc.oneof(...choices.map((choice: Schema) => good(resolve(choice))));
    if (one.allOf !== undefined) return good(resolve(one.allOf[0]));
    if (Array.isArray(one.type)) return fc.oneof(...one.type.map((type: string) => good({ ...one, type })));
    switch (one.type) {
      case 'object':
        return objects(one);
      case 'array':
        return fc.array(inside(one.items ?? {}), { minLength: Math.min(one.minItems ?? 0, 3), maxLength: 3 });
      case 'string':
        return strings(one);
      case 'integer':
        return fc.integer({ min: one.minimum ?? -10, max: Math.min(one.maximum ?? 1_000, 2 ** 31 - 1) });
      case 'number':
        return fc.double({ min: one.minimum ?? -10, max: one.maximum ?? 1_000, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return fc.jsonValue({ maxDepth: 3 });
    }
  }

  function objects(one: Schema): fc.Arbitrary<unknown> {
    const known = Object.fromEntries(
      Object.entries(one.properties ?? {}).map(([name, child]) => [name, inside(child)]),
    );
    const more = typeof one.additionalProperties === 'object' ? inside(one.additionalProperties) : bad;
    const further = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a.b')), more, {
      maxKeys: 2,
    });
    const weight = one.properties === undefined ? 1 : GOOD_TO_BAD;
    return fc
      .tuple(
        fc.record(known, { requiredKeys: one.required ?? [] }),
        fc.oneof({ weight, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: further }),
      )
      .map(([fields, extra]) => ({ ...fields, ...extra }));
  }

  function strings(one: Schema): fc.Arbitrary<unknown> {
    if (one.format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    const texts = fc.string({ minLength: one.minLength ?? 0, maxLength: Math.min(one.maxLength ?? 30, 30) });
    const right = one.pattern === undefined ? texts : fc.stringMatching(new RegExp(one.pattern));
    return fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...names) });
  }

  return inside(schema);
}
