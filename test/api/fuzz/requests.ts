import fc from 'fast-check';
import type { Belongings } from '../isolation/belongings.ts';
import { fillPath, type Operation } from '../operations.ts';
import { arbitraryOf, NASTY } from './schema-arbitrary.ts';

export interface FuzzRequest {
  readonly path: string;
  readonly body: string | Uint8Array | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const MIB = 1_024 * 1_024;
/** Above this Node answers 431 to a path. */
const PATH_LIMIT = 2_000;
/** Half a surrogate pair cannot stand in an address. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
const nested = (open: string, close: string): string => `${open.repeat(10_000)}1${close.repeat(10_000)}`;

const NO_JSON = ['', ' ', '{', '[1,]', 'nul', '"', '{"a":1}{"a":2}', '\ufeff{}', '1e999'];
const NUMBERS = ['-0', '123456789012345678901234567890'];
const TWICE = ['{"score":1,"score":-1,"score":1}', '{"name":"a","name":"b"}'];
const ODD_NAMES = ['{"__proto__":{"score":1}}', '{"a":"\\ud800"}', '{"\\u0000":1}'];
const DEEP = [nested('[', ']'), nested('{"a":', '}'), `{"spec":${nested('[', ']')}}`];
const NO_UTF8 = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
/** Bodies that no JSON value gives: broken, doubled, endless in depth, no UTF-8. */
const RAW_BODIES = [...NO_JSON, ...NUMBERS, ...TWICE, ...ODD_NAMES, ...DEEP, NO_UTF8];
/** The same, and 10 MB. */
export const ALL_RAW_BODIES = [...RAW_BODIES, new Uint8Array(10 * MIB).fill(0x20)];

/** Only what a header may hold; the rest no client can send. */
const headerText = fc.oneof(
  fc.constantFrom(
    '',
    '*',
    'null',
    'wait=1e9',
    'wait=-1',
    'a'.repeat(8_000),
    '"',
    'W/"x"',
    '1.1.1.1, ,::,,',
    '\u00ff\u0080',
  ),
  fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
);
const READ = ['content-type', 'content-encoding', 'prefer', 'if-none-match', 'x-request-id', 'x-forwarded-for'];
const NOT_READ = ['accept', 'origin', 'cookie', 'host', 'x-http-method-override', '__proto__'];
const oddHeaders = fc.dictionary(fc.constantFrom(...READ, ...NOT_READ), headerText, { maxKeys: 3 });

/** Requests to an operation: ids of one's own and of others, or nonsense; a body of its schema, slightly or fully spoilt. */
export function requestsTo(
  operation: Operation,
  { ours, theirs }: { readonly ours: Belongings; readonly theirs: Belongings },
): fc.Arbitrary<FuzzRequest> {
  const names = [...Object.values(ours), ...Object.values(theirs)];
  // `.` and `..` are steps in a path and would name another operation.
  const nonsense = NASTY.flatMap((value) =>
    typeof value === 'string' && value !== '' && value.length < PATH_LIMIT ? [wellFormed(value)] : [],
  );
  const values = Object.fromEntries(
    operation.params.map((name) => {
      const own = operation.path.startsWith('/jobs/') ? ours.job_id : { ...ours }[name];
      const real = fc.constant(own ?? name);
      const odd = fc.constantFrom(...nonsense, ...names);
      // The end of the twin that all others need is left to other tests.
      return [name, operation.id === 'deleteTwin' ? odd.filter((id) => id !== own) : fc.oneof(real, real, real, odd)];
    }),
  );
  const query = fc.record(
    Object.fromEntries(operation.query.map(({ name, schema }) => [name, arbitraryOf(schema, names)])),
    { requiredKeys: [] },
  );
  const json = arbitraryOf(operation.body?.schema ?? {}, names).map((value) => JSON.stringify(value));
  const body =
    operation.body === undefined
      ? fc.constant(undefined)
      : fc.oneof({ weight: 8, arbitrary: json }, { weight: 1, arbitrary: fc.constantFrom(...RAW_BODIES) });
  const headers = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: oddHeaders });
  return fc.record({ values: fc.record(values), query, body, headers }).map((made) => ({
    path: fillPath(operation.path, made.values as Record<string, string>) + queryString(made.query),
    body: made.body,
    headers: made.headers,
  }));
}

function queryString(values: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(values).map(([name, value]) => {
    const text = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, PATH_LIMIT);
    return `${name}=${encodeURIComponent(wellFormed(text))}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
