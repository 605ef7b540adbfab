import assert from 'node:assert/strict';
import { DEFAULT_TWIN, parseLedgerFile, parsePredictionFile } from '../../src/learning/ledger-file.ts';
import { DEFAULT_INTENT } from '../../src/persona/intents.ts';
import { AS_OF, learnFrom, persona } from './support.ts';

const ROW = {
  event_id: 'e1',
  trace_id: 'trace-1',
  twin: 'Music',
  rater_id: 'r1',
  score: -1,
  intent_label: 'any string at all',
  module_ids: ['base', 'cite'],
  query: 'Q?',
  answer: 'A.',
  comment: null,
  segment: 'a column of its own',
};
const file = (...rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const parse = (text: string) => parseLedgerFile(text, { as_of: AS_OF });
const event = (row: object) => parse(file(row)).rows[0]!.event;

describe('ledger files', () => {
  it('reads the columns of the import', () => {
    assert.deepEqual(parse(`${file(ROW)}\n`), {
      rows: [
        {
          line: 1,
          event: {
            event_id: 'e1',
            twin_id: 'Music',
            vote_key: '["trace-1","","rater","r1"]',
            kind: 'vote',
            score: -1,
            rater_id: 'r1',
            source: 'user',
            intent_label: 'any string at all',
            modules: [
              { id: 'base', hash: '' },
              { id: 'cite', hash: '' },
            ],
            occurred_at: AS_OF,
            seq: 0,
          },
          query: 'Q?',
          answer: 'A.',
          comment: null,
          reason: null,
        },
      ],
      problems: [],
    });
  });

  it('reads times, and takes as_of where there is none', () => {
    assert.equal(event({ ...ROW, occurred_at: '2025-12-31T23:00:00+01:00' }).occurred_at, Date.UTC(2025, 11, 31, 22));
    assert.equal(event({ ...ROW, occurred_at: '2025-12-31' }).occurred_at, Date.UTC(2025, 11, 31));
    assert.equal(event({ ...ROW, occurred_at: null }).occurred_at, AS_OF);
  });

  it('needs no more than a score', () => {
    const { event_id, ...rest } = event({ score: 1 });
    assert.match(event_id, /^[0-9a-f]{16}$/);
    assert.equal(rest.twin_id, DEFAULT_TWIN);
    assert.equal(rest.intent_label, DEFAULT_INTENT);
    assert.equal(rest.rater_id, null);
    assert.deepEqual(rest.modules, []);
    assert.equal(event({ score: 1 }).event_id, event_id, 'the same row is the same event');
    assert.notEqual(event({ score: -1 }).event_id, event_id);
  });

  it('a rater has one vote on an answer, a row without a rater is its own', () => {
    const key = (change: object) => event({ ...ROW, ...change }).vote_key;
    assert.equal(key({ event_id: 'e2', score: 1 }), key({}));
    assert.notEqual(key({ message_id: 'm' }), key({}));
    assert.notEqual(key({ rater_id: null }), key({ rater_id: null, event_id: 'e2' }));
    assert.notEqual(key({ rater_id: null, event_id: 'r1' }), key({}));
  });

  it("a judge's result is keyed by its own id", () => {
    const judged = event({ ...ROW, source: 'persona_audit' });
    assert.equal(judged.source, 'judge');
    assert.notEqual(judged.vote_key, event({ ...ROW, source: 'judge', event_id: 'e2' }).vote_key);
  });

  it('lists bad lines by number, without their text, and reads the others', () => {
    const text = [
      '{"score": 1, "comment": "secret',
      '',
      file({ ...ROW, score: 0 }),
      file({ ...ROW, score: 5, module_ids: 'cite' }),
      '[1]',
      file(ROW),
      '\r',
    ].join('\n');
    const { rows, problems } = parse(text);
    assert.deepEqual(
      rows.map(({ line }) => line),
      [6],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 3, 4, 5],
    );
    assert.match(problems[0]!.detail, /not JSON/);
    assert.match(problems[1]!.detail, /^score: the score must be 1 or -1$/);
    assert.match(problems[2]!.detail, /module_ids: .*score: /);
    assert.ok(!JSON.stringify(problems).includes('secret'));
  });

  it('refuses a time that is none', () => {
    const { problems } = parse(file({ ...ROW, occurred_at: 'yesterday' }, { ...ROW, occurred_at: '2025-02-30' }));
    assert.equal(problems.length, 2);
    assert.match(problems[0]!.detail, /occurred_at: an ISO 8601 time/);
  });

  it('takes a byte order mark and Windows line ends', () => {
    assert.equal(
      parse(`\uFEFF${JSON.stringify(ROW)}\r\n${JSON.stringify({ ...ROW, event_id: 'e2' })}\r\n`).rows.length,
      2,
    );
  });

  it('reads answers to predict, rated or not', () => {
    const { score: _, ...unrated } = ROW;
    const { rows, problems } = parsePredictionFile(file(unrated, { ...ROW, event_id: 'e2', score: 'great' }));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      rows.map(({ event_id }) => event_id),
      ['e1', 'e2'],
    );
    assert.equal(rows[0]!.makeup.twin_id, 'Music');
    assert.deepEqual(rows[0]!.makeup.modules, event(ROW).modules);
  });

  it('the order of the lines changes nothing, votes of one rater on one answer included', () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      ...ROW,
      twin: 't',
      event_id: `e${i}`,
      trace_id: `trace-${i % 15}`,
      rater_id: `r${i % 4}`,
      score: i % 3 === 0 ? 1 : -1,
    }));
    const learned = (text: string) =>
      learnFrom(
        parse(text).rows.map((row) => row.event),
        persona([{ id: 'base' }, { id: 'cite' }]),
      );
    assert.equal(JSON.stringify(learned(file(...rows))), JSON.stringify(learned(file(...rows.toReversed()))));
  });
});
