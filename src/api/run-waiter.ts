import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenDatabase } from '../db/client.ts';
import type { RunRow } from '../db/open-jobs.ts';
import { findEndedRun } from '../db/runs.ts';

const MAX_WAIT_SECONDS = 60;
const POLL_MS = 250;

/** Seconds of `Prefer: wait=N` (RFC 7240), 60 at most; 0 when nothing of the kind is preferred. */
export function waitSeconds(prefer: string | undefined): number {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(wait ?? 0), MAX_WAIT_SECONDS);
}

/** A place among those of a tenant that wait for a run. */
interface Place {
  /** The run once it has ended; undefined when the time, the caller or the server has come to an end before. */
  wait(jobId: string, seconds: number, caller: AbortSignal): Promise<RunRow | undefined>;
  leave(): void;
}

/** Lets a limited number of requests of each tenant wait for the end of their runs. */
export function createRunWaiter({ db }: OpenDatabase, maxWaiting: number, stopping?: AbortSignal) {
  const waitingOf = new Map<string, number>();
  const change = (tenant: string, by: 1 | -1): void => {
    const count = (waitingOf.get(tenant) ?? 0) + by;
    if (count === 0) waitingOf.delete(tenant);
    else waitingOf.set(tenant, count);
  };

  return {
    /** Undefined when all places of the tenant are taken. */
    take(tenant: string): Place | undefined {
      if ((waitingOf.get(tenant) ?? 0) >= maxWaiting) return undefined;
      change(tenant, 1);
      return {
        async wait(jobId, seconds, caller) {
          const signals = [caller, AbortSignal.timeout(seconds * 1_000), ...(stopping === undefined ? [] : [stopping])];
          const end = AbortSignal.any(signals);
          for (;;) {
            const run = await findEndedRun(db, jobId);
            if (run !== undefined || end.aborted) return run;
            // A wait that is cut short is looked at once more, then over.
            await sleep(POLL_MS, undefined, { signal: end }).catch(() => undefined);
          }
        },
        leave: () => change(tenant, -1),
      };
    },
  };
}
