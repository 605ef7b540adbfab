import { setTimeout as sleep } from 'node:timers/promises';
import type { PolicyChange } from '../../../src/commands/policy.ts';
import { countInLedger } from '../system/count-votes.ts';
import { startTwinloop, type TwinloopOptions } from '../system/twinloop.ts';
import { makeTwins } from '../system/twins.ts';
import { cast, ROUTE_TWINS, TWIN_PREFIX, type Contender } from './contender.ts';

/** One more than wake a twin that is in its cooldown. */
const VOTES_UNTIL_QUIET = 6;
/** Until the workflows that the warm-up woke wait again. */
const REST_MS = 2_000;

interface TwinloopContender extends TwinloopOptions {
  readonly name: string;
  readonly twins?: number;
  readonly policy?: PolicyChange;
}

/**
 * Twinloop with its worker, and twins of one tenant. Without a policy they have just learned, as a busy twin has nearly
 * always: its first votes wake its workflow, those after the fifth wait for the end of the cooldown.
 */
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
        ...(policy === undefined ? { coolingDown: true } : { policy }),
      });
      return {
        processes: [...system.apis, ...(system.worker === undefined ? [] : [system.worker]), system.temporal.child],
        urls: system.urls,
        apiKey,
        settle: async () => {
          if (policy === undefined && twins <= ROUTE_TWINS) {
            const count = VOTES_UNTIL_QUIET * twins;
            await cast(
              bench,
              { urls: system.urls, apiKey },
              'settle',
              { kind: 'closed', connections: 50, count },
              twins,
            );
          }
          await sleep(REST_MS);
        },
        count: (run, load) => countInLedger(system.database.sql, run, load),
        stop: () => system.stop(),
      };
    },
  };
}
