import { sql } from 'drizzle-orm';
import type { Reader } from './client.ts';
import { dueTwins } from './sweep.ts';

/** Of the twins that are due, those with the oldest votes: enough to hold the one that waits longest, at the cost of a page. */
const LOOKED_AT = 100;

/**
 * Seconds since the twin that waits longest became due: since its oldest pending vote came in or its cooldown ended; 0
 * when none is. By the sweep's own rule and index. `defaultMinEvents`: where a twin's policy names none.
 */
export async function readOldestDueSeconds(db: Reader, defaultMinEvents: number): Promise<number> {
  const { from, where, since } = dueTwins(defaultMinEvents);
  const [row] = await db.execute<{ seconds: number | null }>(sql`
    select extract(epoch from now() - min(due_since))::float8 as seconds from (
      select greatest(s.oldest_pending_at, s.cooldown_until, s.deferred_until) as due_since
      from ${from} where ${where} order by ${sql.raw(since)} limit ${LOOKED_AT}) due`);
  return Math.max(0, row?.seconds ?? 0);
}
