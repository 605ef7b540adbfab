import type postgres from 'postgres';
import type { LoadResult } from '../load/load.ts';
import { eventId, eventsOfRun } from '../load/vote-request.ts';
import type { CountCheck } from '../report.ts';

/**
 * Counts in the ledger what the load generator had accepted. A vote without a 202 may be stored or not, and is left out;
 * each of the others has to be there once.
 */
export async function countInLedger(sql: postgres.Sql, run: string, load: LoadResult): Promise<CountCheck> {
  const unanswered = load.refusedVotes.map((vote) => eventId(run, vote));
  const [row] = await sql<{ rows: number; events: number }[]>`
    select count(*)::int as rows, count(distinct event_id)::int as events from persona_training_events
    where event_id like ${eventsOfRun(run)} and event_id <> all(${unanswered})`;
  const { rows = 0, events = 0 } = row ?? {};
  return { name: run, accepted: load.accepted, stored: events, doubled: rows - events };
}
