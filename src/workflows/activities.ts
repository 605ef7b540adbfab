import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { TASK_QUEUES } from './contract.ts';

/** Types that another attempt cannot mend: a bug of ours, or an attempt that a newer one has taken over. */
const PERMANENT = ['Bug', 'Fenced', 'TypeError', 'ReferenceError', 'RangeError'];

/**
 * Short database steps. Tried for as long as it takes: Postgres comes back, and nothing else may close a job. A killed
 * worker's step stands still for the heartbeat's time-out.
 */
const CONTROL: ActivityOptions = {
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '10s',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '500ms', maximumInterval: '15s', nonRetryableErrorTypes: PERMANENT },
};

/** Computing. Five attempts, then the job has failed; a dead worker is noticed within the heartbeat's time-out. */
const LEARNING: ActivityOptions = {
  taskQueue: TASK_QUEUES.learning,
  startToCloseTimeout: '15m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 5, nonRetryableErrorTypes: PERMANENT },
};

/** Long database work in batches, each heartbeat a batch. */
const BATCHES: ActivityOptions = { ...CONTROL, startToCloseTimeout: '13m', heartbeatTimeout: '30s' };

/** For its caller, who waits for seconds. It has an end: the loop, continue-as-new and a deletion wait for its handler. */
const REQUEST: ActivityOptions = { ...CONTROL, scheduleToCloseTimeout: '1m' };

const control = (summary: string) => proxyActivities<Activities>({ ...CONTROL, summary });

export const { plan } = control('1 Plan: adopt, claim or wait');
export const { claimRequestedRun } = proxyActivities<Activities>({ ...REQUEST, summary: 'Claim a requested run' });
export const { publish } = control('4 Publish, hold or refuse');
export const { finish } = control('5 Finish the job');
export const { failJob } = control('Close the failed job');
export const { learn } = proxyActivities<Activities>({ ...LEARNING, summary: '2 Learn from the votes' });
export const { gate } = proxyActivities<Activities>({ ...LEARNING, summary: '3 Regression gate' });
export const { purge } = proxyActivities<Activities>({ ...BATCHES, summary: 'Purge the deleted twin' });
export const { eraseByAge } = proxyActivities<Activities>({ ...BATCHES, summary: 'Erase what is of age' });
export const { sweep } = proxyActivities<Activities>({ ...BATCHES, summary: 'Find twins that are due, poke them' });
