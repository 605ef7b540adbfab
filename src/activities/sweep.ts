import { Context } from '@temporalio/activity';
import { runSweep, type SweepProgress } from '../control/sweep.ts';
import type { SweepInput, SweepSummary } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Each heartbeat says how far the sweep has come: an attempt after a crash goes on there. */
export async function sweep(deps: ActivityDeps, input: SweepInput): Promise<SweepSummary> {
  const context = Context.current();
  return runSweep(
    {
      db: deps.database.db,
      control: deps.control,
      defaultMinEvents: deps.defaults.min_events,
      progress: (done) => context.heartbeat(done),
    },
    input,
    progressOf(context.info.heartbeatDetails),
  );
}

/** What an attempt before this one came to; a worker of an earlier version said a number, which is no place. */
const progressOf = (details: unknown): SweepProgress | undefined =>
  typeof details === 'object' && details !== null ? (details as SweepProgress) : undefined;
