import { createHash } from 'node:crypto';
import { parseVoteRows, type Parsed, type VoteRow } from '../../learning/ledger-file.ts';
import type { Batch } from '../api-client.ts';

type ImportItem = Batch['items'][number];

/** A row of the file as the API takes it. */
export interface ImportRow {
  readonly line: number;
  readonly item: ImportItem;
  /** A text was longer than the API takes, and was cut. */
  readonly shortened: boolean;
}

const LIMITS = { query: 20_000, answer: 20_000, comment: 500 } as const;
const TRACE_ID = /^[A-Za-z0-9._:-]{1,200}$/;

/** The first `max` code points, which is what the API counts. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text);
  return points.length <= max ? text : points.slice(0, max).join('');
}

/** A vote that names no answer is one on an answer of its own. */
function traceIdOf(row: VoteRow, event_id: string): string {
  if (row.trace_id != null) return row.trace_id;
  return TRACE_ID.test(event_id) ? event_id : createHash('sha256').update(event_id).digest('hex');
}

const sourceOf = ({ source }: VoteRow): string =>
  source === 'judge' || source === 'persona_audit' ? 'persona_audit' : 'manual_import';

function toItem(row: VoteRow, event_id: string, twin_id: string): Pick<ImportRow, 'item' | 'shortened'> {
  let shortened = false;
  const limited = (name: keyof typeof LIMITS): string | null => {
    const text = row[name] ?? null;
    if (text === null) return null;
    const kept = cut(text, LIMITS[name]);
    shortened ||= kept !== text;
    return kept;
  };
  const item: ImportItem = {
    trace_id: traceIdOf(row, event_id),
    event_id,
    twin_id,
    message_id: row.message_id ?? null,
    rater_id: row.rater_id ?? null,
    score: row.score,
    reason: row['reason'] ?? null,
    conversation_id: row['conversation_id'] ?? null,
    intent_label: row.intent_label ?? null,
    module_ids: row.module_ids ?? null,
    // Who imports is the owner, and hands over what the twin shall learn from.
    interaction_context: row['interaction_context'] ?? 'owner_training',
    source: sourceOf(row),
    spec_version: row['spec_version'] ?? null,
    occurred_at: row.occurred_at == null ? null : new Date(row.occurred_at).toISOString(),
    query: limited('query'),
    answer: limited('answer'),
    comment: limited('comment'),
  };
  return { item, shortened };
}

/** The rows of a file as votes of one twin, whatever their `twin` column says; bad lines by number. */
export function parseImport(text: string, twinId: string): Parsed<ImportRow> {
  const { rows, problems } = parseVoteRows(text);
  return { rows: rows.map(({ line, event_id, row }) => ({ line, ...toItem(row, event_id, twinId) })), problems };
}

/** Votes in one transaction: long enough to be quick, short enough that live votes do not wait for long. */
const MAX_ROWS = 500;
/** The API takes 8 MiB. */
const MAX_BYTES = 6 * 1024 * 1024;

/** Rows in the file's order, in pieces that the API takes. */
export function inBatches(rows: readonly ImportRow[]): ImportRow[][] {
  const batches: ImportRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = Buffer.byteLength(JSON.stringify(row.item)) + 1;
    const current = batches.at(-1);
    if (current === undefined || current.length === MAX_ROWS || bytes + size > MAX_BYTES) {
      batches.push([row]);
      bytes = size;
    } else {
      current.push(row);
      bytes += size;
    }
  }
  return batches;
}
