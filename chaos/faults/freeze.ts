import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { watchJobs } from '../job-commits.ts';
import type { Replica } from '../system/replica.ts';

const FROZEN_MS = 15_000;

/** Longer than the heartbeat's time-out: another worker takes the step over, and the first wakes up beside it. */
export const freezeWorker: Fault = {
  name: 'freeze-worker',
  what: 'SIGSTOP of a worker in the middle of learning, SIGCONT 15 s later, when another has taken over',
  learners: 2,
  async run({ system, learners, learn, until, progress }) {
    const [first, second] = learners;
    if (first === undefined || second === undefined) throw new Error('two twins are needed');
    const frozen = new Map<Replica, string>();
    const end = system.watchCommits(
      watchJobs(learners, async ({ replica, when, commit, twin }) => {
        // One that has claimed the step and will compute; one that gets no answer to its commit of the result.
        const wanted = twin === first ? 'learn begins' : 'learn writes';
        if (twin === undefined || commit !== wanted || when !== 'after' || frozen.size > 1) return;
        if (frozen.has(replica) || [...frozen.values()].includes(twin)) return;
        frozen.set(replica, twin);
        progress(`  SIGSTOP of ${replica.name} after the commit "${commit}" of ${twin}`);
        await replica.signal('SIGSTOP');
      }),
    );
    learn([first]);
    await until('the first worker frozen', async () => frozen.size === 1);
    learn([second]);
    await sleep(FROZEN_MS);
    end();
    const since = Date.now();
    for (const replica of frozen.keys()) await replica.signal('SIGCONT');
    const strikes = [...frozen.values()].map((twin) => ({ since: since - FROZEN_MS, until: 'job' as const, twin }));
    return { fired: frozen.size, recoveries: strikes };
  },
};
