import type { OpenDatabase } from '../../../src/db/client.ts';
import { waitUntil } from '../../../src/dev/readiness.ts';
import { decisiveVotes } from '../load/decisive-votes.ts';
import { post } from '../load/post.ts';

/** Learned candidates that pass the gate go live at once, and the twin may learn again as soon as it has votes. */
export const LEARNS_BY_ITSELF = { auto_publish: true } as const;

/** Posts to a twin the votes that make it learn. Resolves to the instant before (ms since the epoch) once they are accepted. */
export async function postDecisiveVotes(url: string, apiKey: string, twinId: string): Promise<number> {
  const sent = Date.now();
  const answer = (await post(`${url}/feedback`, apiKey, decisiveVotes(twinId))) as { failed: number };
  if (answer.failed > 0) throw new Error(`${answer.failed} votes for ${twinId} were refused`);
  return sent;
}

/**
 * Milliseconds from the sending of a twin's votes to its first learned version, of each twin in `posted`. Waits for all;
 * throws with what was decided instead when they are not there in time.
 */
export async function untilPublished(
  { sql }: OpenDatabase,
  posted: ReadonlyMap<string, number>,
  timeoutMs: number,
): Promise<number[]> {
  const ids = [...posted.keys()];
  const published = new Map<string, number>();
  const all = await waitUntil(async () => {
    const rows = await sql<{ twin_id: string; at: number }[]>`
      select twin_id, extract(epoch from min(published_at))::float8 * 1000 as at from persona_specs
      where origin = 'learned' and published_at is not null and twin_id = any(${ids}) group by twin_id`;
    for (const { twin_id, at } of rows) published.set(twin_id, at);
    return published.size === ids.length;
  }, timeoutMs);
  if (!all) {
    const decisions = await sql`
      select coalesce(last_decision, 'none') as decision, count(*)::int from twin_state where twin_id = any(${ids}) group by 1`;
    throw new Error(
      `${published.size} of ${ids.length} twins have a new version after ${timeoutMs / 1_000} s: ${JSON.stringify(decisions)}`,
    );
  }
  return [...posted].map(([id, sent]) => (published.get(id) ?? Number.NaN) - sent);
}
