import { patched, sleep, type WorkflowInterceptors } from '@temporalio/workflow';

/** A change as a release makes one: a rest between plan and learning, for cycles that the new code begins. */
export const interceptors = (): WorkflowInterceptors => {
  let rests = false;
  return {
    outbound: [
      {
        async scheduleActivity(input, next) {
          // Once at the top of a cycle, as in the workflow itself.
          if (input.activityType === 'plan') rests = patched('rest-before-learning');
          if (rests && input.activityType === 'learn') await sleep(10);
          return next(input);
        },
      },
    ],
  };
};
