import type { PolicyChange } from '../../../src/commands/policy.ts';
import { waitUntil } from '../../../src/dev/readiness.ts';
import { countInLedger } from '../system/count-votes.ts';
import { startTwinloop, type Twinloop, type TwinloopOptions } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import { ROUTE_TWINS, TWIN_PREFIX, type Contender } from './contender.ts';

const SETTLE_MS = 300_000;

interface TwinloopContender extends TwinloopOptions {
  readonly name: string;
  readonly twins?: number;
  readonly policy?: PolicyChange;
}

/** Twinloop with its worker, and twins of one tenant. */
export function twinloopContender({ name, twins = ROUTE_TWINS, policy, ...options }: TwinloopContender): Contender {
  return {
    name,
    async start(bench) {
      const system = await startTwinloop(bench, options);
      const apiKey = await system.ownerKey('bench');
      await makeTwins(system.database, {
        tenant: 'bench',
        prefix: TWIN_PREFIX,
        count: twins,
        ...(policy === undefined ? {} : { policy }),
      });
      return {
        urls: system.urls,
        apiKey,
        settle: () => untilQuiet(system),
        count: (run, load) => countInLedger(system.database.sql, run, load),
        stop: () => system.stop(),
      };
    },
  };
}

/** Resolves when no twin learns or is about to: what is measured next is the votes alone. */
export async function untilQuiet({ database }: Pick<Twinloop, 'database'>): Promise<void> {
  const quiet = await waitUntil(async () => {
    const [row] = await database.sql<{ busy: number }[]>`
      select count(*)::int as busy from twin_state s
      where open_job_id is not null
        or (pending_events >= coalesce(min_events, 5) and coalesce(cooldown_until, '-infinity') < clock_timestamp())`;
    return row?.busy === 0;
  }, SETTLE_MS);
  if (!quiet) throw new Error(`twins were still learning after ${SETTLE_MS / 1_000} s`);
}
