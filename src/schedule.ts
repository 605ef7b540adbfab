import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { SWEEP_SCHEDULE_ID, SWEEP_WORKFLOW, TASK_QUEUES } from './workflows/contract.ts';
import type { SweepInput } from './workflows/contract.ts';

const SWEEP_INPUT: SweepInput = { minEvents: 5, limitTwins: 100 };

const OPTIONS: Omit<ScheduleOptions, 'scheduleId' | 'state'> = {
  spec: { intervals: [{ every: '15 minutes' }], jitter: '30 seconds' },
  action: {
    type: 'startWorkflow',
    workflowType: SWEEP_WORKFLOW,
    workflowId: SWEEP_SCHEDULE_ID,
    taskQueue: TASK_QUEUES.control,
    args: [SWEEP_INPUT],
    // Under the interval: a sweep that hangs never makes the next one be skipped.
    workflowRunTimeout: '14 minutes',
    staticSummary: 'Wakes the twins that are due or need repair',
  },
  policies: {
    overlap: ScheduleOverlapPolicy.SKIP,
    // The server's default of a year would replay every sweep missed while it was away.
    catchupWindow: '5 minutes',
    pauseOnFailure: false,
  },
};

/** Runs `work` while no other process does: updates of one Schedule race. */
export type ExclusiveRunner = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes the sweep's Schedule, or brings it up to date and keeps its state: an operator's pause survives a deploy. */
export async function ensureSweepSchedule(
  client: Client,
  exclusively: ExclusiveRunner,
): Promise<'created' | 'updated'> {
  return exclusively(async () => {
    try {
      await client.schedule.create({ ...OPTIONS, scheduleId: SWEEP_SCHEDULE_ID });
      return 'created';
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await client.schedule.getHandle(SWEEP_SCHEDULE_ID).update((previous) => ({ ...OPTIONS, state: previous.state }));
      return 'updated';
    }
  });
}
