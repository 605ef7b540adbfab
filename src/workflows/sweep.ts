import { setCurrentDetails } from '@temporalio/workflow';
import { eraseByAge, sweep } from './activities.ts';
import type { SweepInput, SweepSummary } from './contract.ts';

/**
 * 1 What a lost poke or a crash left behind is found in twin_state and poked.  2 What is of age is erased, of all tenants:
 * so not where one was asked for.
 */
export async function sweepWorkflow(input: SweepInput): Promise<SweepSummary> {
  const summary = await sweep(input);
  if (input.tenantId !== undefined) return summary;
  const { texts, votes, queries, answers, more } = await eraseByAge();
  setCurrentDetails(
    `Poked ${summary.jobs_enqueued} twins. Of age: erased the texts of ${texts} votes and ${queries} recorded questions, ` +
      `deleted ${votes} votes and ${answers} answers of a language model${more ? '; more is left for the next sweep' : ''}.`,
  );
  return summary;
}
