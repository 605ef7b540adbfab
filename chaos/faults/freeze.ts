import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../src/dev/readiness.ts';
import type { Fault } from '../fault.ts';
import { watchJobs } from '../job-commits.ts';
import type { CommitWatch } from '../system/system.ts';
import type { Replica } from '../system/replica.ts';

const FROZEN_MS = 15_000;
/** For an attempt that wakes up to come to its end. */
const WOKEN_MS = 8_000;

/** Longer than the heartbeat's time-out: another worker takes the step over, and the first wakes up beside it. */
export const freezeWorker: Fault = {
  name: 'freeze-worker',
  what: 'SIGSTOP of a worker that is about to write, SIGCONT 15 s later or when another has done the job',
  learners: 2,
  async run({ system, learners, learn, until, progress }) {
    const [first, second] = learners;
    if (first === undefined || second === undefined) throw new Error('two twins are needed');
    const frozen = new Map<string, Replica>();
    const computing = new Set<Replica>();
    let wake = (): void => {};
    const awake = new Promise<void>((resolve) => (wake = resolve));
    const freeze = async (twin: string, replica: Replica, where: string): Promise<void> => {
      if (frozen.has(twin) || [...frozen.values()].includes(replica)) return;
      frozen.set(twin, replica);
      progress(`  SIGSTOP of ${replica.name} ${where} of ${twin}`);
      await replica.signal('SIGSTOP');
    };
    const jobs = watchJobs(learners, async ({ replica, when, commit, twin }) => {
      if (when !== 'after') return;
      if (twin === first && commit === 'learn begins') computing.add(replica);
      if (twin === second && commit === 'learn writes')
        await freeze(second, replica, 'after the commit "learn writes"');
    });
    // It has computed, and asks for the lock to write: by the time it gets it, the job is not its own any more.
    const writing: CommitWatch = async (replica, when, { statements, parameters }) => {
      if (when !== 'during' || frozen.has(first) || !computing.has(replica)) return;
      if (statements.at(-1)?.endsWith('for update') !== true || !parameters.includes(first)) return;
      await freeze(first, replica, 'before the lock for the result');
      await awake;
    };
    const ends = [system.watchCommits(jobs), system.watchCommits(writing)];
    learn([first]);
    await until('the first worker frozen', async () => frozen.has(first));
    const since = Date.now();
    learn([second]);
    await sleep(FROZEN_MS);
    await until('another worker done with the job', async () => {
      const done = await system.database.sql`select from jobs where twin_id = ${first} and completed_at is not null`;
      return done.length === 1;
    });
    for (const end of ends) end();
    for (const replica of frozen.values()) await replica.signal('SIGCONT');
    wake();
    const woken = frozen.get(first);
    if (!(await waitUntil(async () => (await woken?.hasLogged('has a newer attempt')) === true, WOKEN_MS))) {
      progress('  the woken worker did not say that it was fenced');
    }
    return { fired: frozen.size, recoveries: [{ since, until: 'job', twin: first }] };
  },
};
