import { sweep } from './activities.ts';
import type { SweepInput, SweepSummary } from './contract.ts';

/** One sweep: what a lost poke or a crash left behind is found in twin_state and poked. */
export async function sweepWorkflow(input: SweepInput): Promise<SweepSummary> {
  return sweep(input);
}
