import type { Database } from '../../db/client.ts';
import { readDatabaseClock } from '../../db/health.ts';
import type { TemporalClient } from '../../temporal.ts';
import { newestPoll } from './worker-version.ts';
import { examine, ok, warning, type Finding } from './finding.ts';

const MOST_MS = 5_000;
const MEND = 'timedatectl set-ntp true   # on each machine';

/** Seconds between a clock read between two instants of ours and ours; 0 where it may be the same. */
const skewOf = (clock: number, before: number, after: number): number =>
  clock < before ? clock - before : Math.max(0, clock - after);

/**
 * Whether the clocks agree. Postgres is asked; Temporal tells no time, but the instants of its pollers are its own,
 * and none of them can be ahead of a clock that is right.
 */
export async function examineClocks(db: Database, { client, namespace }: TemporalClient): Promise<Finding> {
  return examine('clocks', MEND, async () => {
    const before = Date.now();
    const postgres = skewOf(await readDatabaseClock(db), before, Date.now());
    const polled = await newestPoll(client, namespace);
    const temporal = Math.max(0, (polled ?? 0) - Date.now());
    const apart = [
      ...(Math.abs(postgres) > MOST_MS ? [`Postgres' by ${Math.round(postgres / 1_000)} s`] : []),
      ...(temporal > MOST_MS ? [`Temporal's by ${Math.round(temporal / 1_000)} s or more`] : []),
    ];
    if (apart.length > 0) return warning(`Not as this machine's: ${apart.join(', ')}. Cooldowns would seem off.`, MEND);
    return ok("Postgres' and Temporal's are as this machine's");
  });
}
