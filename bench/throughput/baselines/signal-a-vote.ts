/** A signal for each vote: the vote is in the workflow's history, and nowhere else. */
import { Client, Connection } from '@temporalio/client';
import { serveBaseline } from './serve-baseline.ts';
import { voteCounter, voted } from './signal-workflow.ts';

await serveBaseline(async ({ temporalAddress }) => {
  const client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
  return async (vote) => {
    await client.workflow.signalWithStart(voteCounter, {
      workflowId: `votes-${vote.twin_id}`,
      taskQueue: 'votes',
      signal: voted,
      signalArgs: [vote],
    });
  };
});
