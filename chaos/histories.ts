import { twinWorkflowId } from '../src/workflows/contract.ts';
import type { ChaosSystem } from './system/system.ts';

/** Activities of these twins' workflows that were begun more than once. */
export async function secondAttempts({ temporal }: ChaosSystem, twins: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const twin of twins) {
    const { events } = await temporal.client.workflow.getHandle(twinWorkflowId(twin)).fetchHistory();
    for (const { activityTaskStartedEventAttributes: started } of events ?? []) {
      if ((started?.attempt ?? 1) > 1) found.push(`${twin}: an activity began its attempt ${started?.attempt}`);
    }
  }
  return found;
}
