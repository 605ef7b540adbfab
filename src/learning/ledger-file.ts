import { z } from 'zod';
import { DEFAULT_INTENT } from '../persona/intents.ts';
import { compareText, sha256 } from './canonical.ts';
import type { AnswerMakeup } from './columns.ts';
import type { LedgerEvent } from './types.ts';

const name = z.string().min(1).max(200);
const moduleIds = z.array(z.string().min(1).max(200)).max(50, 'at most 50 module ids').nullish();
const instant = z.union(
  [z.iso.datetime({ offset: true }), z.iso.date()],
  'an ISO 8601 time such as 2026-01-31T12:00:00Z',
);

const answerRowSchema = z.looseObject({
  event_id: name.nullish(),
  trace_id: name.nullish(),
  message_id: z.string().max(200).nullish(),
  twin: name.nullish(),
  rater_id: name.nullish(),
  intent_label: z.string().max(200).nullish(),
  module_ids: moduleIds,
  source: z.string().max(200).nullish(),
  query: z.string().nullish(),
  answer: z.string().nullish(),
  comment: z.string().nullish(),
  reason: z.string().nullish(),
  occurred_at: instant.nullish(),
});

const voteRowSchema = answerRowSchema.extend({
  score: z.union([z.literal(1), z.literal(-1)], 'the score must be 1 or -1'),
});

type AnswerRow = z.infer<typeof answerRowSchema>;
/** A vote as a file has it, columns of other names included. */
export type VoteRow = z.infer<typeof voteRowSchema>;

/** A line that could not be used, counted from 1. */
interface LineProblem {
  readonly line: number;
  readonly detail: string;
}

/** A usable row of a ledger file: the event, and the texts that came with it. */
export interface LedgerFileRow {
  readonly line: number;
  readonly event: LedgerEvent;
  readonly query: string | null;
  readonly answer: string | null;
  readonly comment: string | null;
  readonly reason: string | null;
}

/** An answer whose rating is to be predicted. */
export interface PredictionRow {
  readonly line: number;
  readonly event_id: string;
  readonly makeup: AnswerMakeup;
}

export interface Parsed<T> {
  readonly rows: readonly T[];
  readonly problems: readonly LineProblem[];
}

/** Twin of the rows that name none. */
export const DEFAULT_TWIN = 'default';

function issuesOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

function parseLines<S extends z.ZodType, T>(
  text: string,
  schema: S,
  toRow: (row: z.infer<S>, line: number) => T,
): Parsed<T> {
  const rows: T[] = [];
  const problems: LineProblem[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((source, index) => {
      if (source.trim() === '') return;
      const line = index + 1;
      let value: unknown;
      try {
        value = JSON.parse(source);
      } catch (cause) {
        // The parser's message quotes the line, which may be a person's text.
        problems.push({ line, detail: `is not JSON (${(cause as Error).name}); one object a line is needed` });
        return;
      }
      const parsed = schema.safeParse(value);
      if (parsed.success) rows.push(toRow(parsed.data, line));
      else problems.push({ line, detail: issuesOf(parsed.error) });
    });
  return { rows, problems };
}

/** A row's own id, else a hash of the row: the same row is the same event, wherever it stands. */
function eventIdOf(row: AnswerRow): string {
  const columns = Object.entries(row).sort(([a], [b]) => compareText(a, b));
  return row.event_id ?? sha256(JSON.stringify(columns)).slice(0, 16);
}

const sourceOf = (row: AnswerRow): LedgerEvent['source'] =>
  row.source === 'judge' || row.source === 'persona_audit' ? 'judge' : 'user';

function makeupOf(row: AnswerRow) {
  return {
    twin_id: row.twin ?? DEFAULT_TWIN,
    intent_label: row.intent_label || DEFAULT_INTENT,
    modules: (row.module_ids ?? []).map((id) => ({ id, hash: '' })),
    source: sourceOf(row),
  };
}

/**
 * Votes of a file in the import's format, one JSON object a line; unknown columns are ignored, empty lines too. A row
 * without `occurred_at` happened at `as_of` (milliseconds). A row without `rater_id` is a vote of its own. Bad lines are
 * listed by number and do not stop the others.
 */
export function parseLedgerFile(text: string, { as_of }: { readonly as_of: number }): Parsed<LedgerFileRow> {
  return parseLines(text, voteRowSchema, (row, line) => {
    const event_id = eventIdOf(row);
    const source = sourceOf(row);
    const voter = source === 'judge' || row.rater_id == null ? ['event', event_id] : ['rater', row.rater_id];
    return {
      line,
      event: {
        ...makeupOf(row),
        event_id,
        vote_key: JSON.stringify([row.trace_id ?? event_id, row.message_id ?? '', ...voter]),
        kind: 'vote',
        score: row.score,
        rater_id: row.rater_id ?? null,
        occurred_at: row.occurred_at == null ? as_of : Date.parse(row.occurred_at),
        // A file has no order of its own: its lines may come in any.
        seq: 0,
      },
      query: row.query ?? null,
      answer: row.answer ?? null,
      comment: row.comment ?? null,
      reason: row.reason ?? null,
    };
  });
}

/** The same votes as they stand in the file, each with its event id: for those who hand them on. */
export function parseVoteRows(text: string): Parsed<{ line: number; event_id: string; row: VoteRow }> {
  return parseLines(text, voteRowSchema, (row, line) => ({ line, event_id: eventIdOf(row), row }));
}

/** Answers of a file in the same format whose rating is to be predicted; a `score` may be missing and is not read. */
export function parsePredictionFile(text: string): Parsed<PredictionRow> {
  return parseLines(text, answerRowSchema, (row, line) => ({ line, event_id: eventIdOf(row), makeup: makeupOf(row) }));
}
