import { ApiProblem } from './problems.ts';

/** Streams under way in one process: each holds a connection and a snapshot of the database. */
const AT_ONCE = 3;
/** A reader that takes nothing for so long is let go of; Postgres would end the transaction after 30 s. */
const STALL_MS = 20_000;
/** However well it is read: an old snapshot keeps Postgres from cleaning up. */
const LONGEST_MS = 10 * 60_000;

type Write = (text: string) => Promise<void>;

/** What `createStreams` makes, for all routes of an app that stream. */
export type Streams = (filename: string, work: (write: Write) => Promise<void>) => Response;

/**
 * Answers of JSON lines that are made while they are read. `write` resolves when the reader has taken the text, so that
 * memory does not grow with the answer. What fails on the way ends the connection: the closing line is missing then.
 * Throws `rate-limited` when too many are under way.
 */
export function createStreams(
  failed: (error: unknown) => void,
  { atOnce = AT_ONCE, stallMs = STALL_MS, longestMs = LONGEST_MS } = {},
): Streams {
  let underWay = 0;
  return (filename, work) => {
    if (underWay >= atOnce) {
      throw new ApiProblem('rate-limited', `${underWay} exports are under way here; try again when one has ended.`);
    }
    underWay += 1;
    let control: TransformStreamDefaultController<Uint8Array> | undefined;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({ start: (it) => void (control = it) });
    const writer = writable.getWriter();
    // By its controller: an abort of the writer would wait for the very write that nobody takes.
    const giveUp = (why: string) => () => control?.error(new Error(why));
    const end = setTimeout(giveUp(`the stream took longer than ${longestMs} ms`), longestMs);
    const encoder = new TextEncoder();
    const write: Write = async (text) => {
      const stalled = setTimeout(giveUp(`the reader took nothing for ${stallMs} ms`), stallMs);
      try {
        await writer.write(encoder.encode(text));
      } finally {
        clearTimeout(stalled);
      }
    };
    void work(write)
      .then(() => writer.close())
      .catch((error: unknown) => {
        failed(error);
        // In words of our own: the server prints them, and an error of the database quotes its query's values.
        control?.error(new Error('the stream broke off'));
      })
      .finally(() => {
        clearTimeout(end);
        underWay -= 1;
      });
    return new Response(readable, {
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="${filename}"`,
        'cache-control': 'no-store',
      },
    });
  };
}
