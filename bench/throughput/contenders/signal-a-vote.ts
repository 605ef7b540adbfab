import { WorkflowNotFoundError } from '@temporalio/client';
import { freePort } from '../../../src/dev/ports.ts';
import { apiIsReady } from '../../../src/dev/readiness.ts';
import { votesSeen } from '../baselines/signal-workflow.ts';
import { startTemporal } from '../system/temporal.ts';
import { untilReady } from '../system/twinloop.ts';
import { startBaselineProcess } from './baseline.ts';
import { ROUTE_TWINS, TWIN_PREFIX, type Contender } from './contender.ts';

/** A workflow a twin, a signal a vote, and a worker that takes them. */
export const signalAVote: Contender = {
  name: 'one signal a vote',
  async start(bench) {
    const temporal = await startTemporal(bench.children);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const address = `--temporal-address=${temporal.address}`;
    const worker = startBaselineProcess(bench, 'signal-worker', [address]);
    const route = startBaselineProcess(bench, 'signal-a-vote', [`--port=${port}`, address]);
    await untilReady(route, () => apiIsReady(url));
    const seen = async (): Promise<number> => {
      const answers = await Promise.all(
        Array.from({ length: ROUTE_TWINS }, (_, n) =>
          temporal.client.workflow
            .getHandle(`votes-${TWIN_PREFIX}${n}`)
            .query(votesSeen)
            .catch((error: unknown) => {
              // A twin that nobody has voted on yet.
              if (error instanceof WorkflowNotFoundError) return 0;
              throw error;
            }),
        ),
      );
      return answers.reduce((sum, votes) => sum + votes, 0);
    };
    let before = 0;
    return {
      processes: [route, worker, temporal.child],
      urls: [url],
      apiKey: 'none',
      settle: async () => void (before = await seen()),
      async count(run, { accepted, refusedVotes }) {
        if (refusedVotes.length > 0) throw new Error(`${refusedVotes.length} votes of ${run} were not taken`);
        const now = await seen();
        const stored = now - before;
        before = now;
        return { name: run, accepted, stored, doubled: Math.max(0, stored - accepted) };
      },
      async stop() {
        await route.stop();
        await worker.stop();
        await temporal.stop();
      },
    };
  },
};
