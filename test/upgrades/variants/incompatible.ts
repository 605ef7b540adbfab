import { sleep, type WorkflowInterceptors } from '@temporalio/workflow';

/** The same change made wrongly: executions that have learned already meet a timer that their history does not have. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      async scheduleActivity(input, next) {
        if (input.activityType === 'learn') await sleep(10);
        return next(input);
      },
    },
  ],
});
