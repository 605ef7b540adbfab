import { Context } from '@temporalio/activity';
import { runSweep } from '../control/sweep.ts';
import type { SweepInput, SweepSummary } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

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
  );
}
