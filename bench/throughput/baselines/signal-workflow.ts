import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

export const voted = defineSignal<[unknown]>('voted');
export const votesSeen = defineQuery<number>('votesSeen');

/** What one writes first: a workflow a twin that is told of every vote. */
export async function voteCounter(before = 0): Promise<void> {
  let votes = before;
  setHandler(voted, () => {
    votes += 1;
  });
  setHandler(votesSeen, () => votes);
  await condition(() => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > 2_000);
  await condition(allHandlersFinished);
  await continueAsNew<typeof voteCounter>(votes);
}
