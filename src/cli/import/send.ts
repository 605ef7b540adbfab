import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, Batch, BatchResult } from '../api-client.ts';
import { ApiProblemError, ApiUnreachableError } from '../support/http.ts';
import { inBatches, type ImportRow } from './rows.ts';

export interface Sent {
  /** Rows answered so far. */
  readonly rows: number;
  /** New in the ledger, those that do not count included. */
  readonly inserted: number;
  readonly duplicate: number;
  /** Stored, but from a context that the twin does not train from. */
  readonly not_counted: number;
  /** Rows that the API refused. */
  readonly refused: readonly { readonly line: number; readonly detail: string }[];
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 250;

/** How long to wait before another attempt; undefined when one cannot help. */
function waitBefore(attempt: number, error: unknown): number | undefined {
  const growing = FIRST_WAIT_MS * 2 ** attempt;
  if (error instanceof ApiUnreachableError) return growing;
  if (error instanceof ApiProblemError && (error.status === 429 || error.status === 503)) {
    return Math.max(growing, (error.retryAfter ?? 0) * 1_000);
  }
  return undefined;
}

/** Every row has an event id, so a batch may be sent twice. */
async function sendWithRetries(api: ApiClient, batch: Batch, retrying: (why: string) => void): Promise<BatchResult> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await api.sendBatch(batch);
    } catch (error) {
      const wait = attempt + 1 < ATTEMPTS ? waitBefore(attempt, error) : undefined;
      if (wait === undefined) throw error;
      retrying(error instanceof Error ? error.message : String(error));
      await sleep(wait);
    }
  }
}

const linesOf = (batch: readonly ImportRow[], { items }: BatchResult) =>
  items.flatMap((item, index) => {
    const row = batch[index];
    return item.success || row === undefined ? [] : [{ line: row.line, detail: item.detail }];
  });

/**
 * Sends rows in batches, one after the other. All but the last put learning off, so that the twin is woken once, after
 * the last row. `progress` hears after each batch. Throws what the API client throws; what was sent before is stored.
 */
export async function sendRows(
  api: ApiClient,
  rows: readonly ImportRow[],
  { progress, retrying }: { readonly progress: (sent: Sent) => void; readonly retrying: (why: string) => void },
): Promise<Sent> {
  let sent: Sent = { rows: 0, inserted: 0, duplicate: 0, not_counted: 0, refused: [] };
  const batches = inBatches(rows);
  for (const [index, batch] of batches.entries()) {
    const learn = index === batches.length - 1 ? 'now' : 'later';
    const result = await sendWithRetries(api, { items: batch.map(({ item }) => item), learn }, retrying);
    sent = {
      rows: sent.rows + batch.length,
      inserted: sent.inserted + result.stored,
      duplicate: sent.duplicate + result.duplicate,
      not_counted: sent.not_counted + result.not_counted,
      refused: [...sent.refused, ...linesOf(batch, result)],
    };
    progress(sent);
  }
  return sent;
}
