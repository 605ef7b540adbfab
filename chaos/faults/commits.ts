import type { Fault, FaultContext, Outcome, Recovery } from '../fault.ts';
import { JOB_COMMITS, watchJobs, type JobCommit } from '../job-commits.ts';
import { shuffled } from '../pick.ts';
import { Cut } from '../proxy/tcp-proxy.ts';

interface Point {
  readonly commit: JobCommit;
  readonly when: 'before' | 'after';
}

const POINTS: readonly Point[] = JOB_COMMITS.flatMap((commit) => [
  { commit, when: 'before' as const },
  { commit, when: 'after' as const },
]);
/** Twins that learn at once: as many as there are workers. */
const WAVE = 3;

/** Kills the worker at each point: of each twin's job at one. */
async function atPoints(
  { system, learners, learn, until, progress }: FaultContext,
  points: readonly Point[],
): Promise<Outcome> {
  const armed = new Map<string, Point>();
  const recoveries: Recovery[] = [];
  const struck: Point[] = [];
  const end = system.watchCommits(
    watchJobs(learners, async ({ replica, when, commit, twin }) => {
      const hit = [...armed].find(
        ([id, point]) => point.commit === commit && point.when === when && (twin === undefined || twin === id),
      );
      if (hit === undefined) return;
      const [victim, point] = hit;
      armed.delete(victim);
      struck.push(point);
      progress(`  kill -9 of ${replica.name} ${when} the commit "${commit}" of ${victim}`);
      recoveries.push({ since: Date.now(), until: 'job', twin: victim });
      await replica.signal('SIGKILL');
      // Before: Postgres never hears of the commit. After: the process has not heard that it is done.
      throw new Cut();
    }),
  );
  try {
    for (let first = 0; first < points.length; first += WAVE) {
      const wave = learners.slice(first, Math.min(first + WAVE, points.length));
      wave.forEach((twin, index) => armed.set(twin, points[first + index] as Point));
      learn(wave);
      await until(`the jobs of ${wave.join(', ')}`, async () => {
        const rows = await system.database.sql`
          select from jobs where twin_id = any(${wave}) and completed_at is not null`;
        return rows.length === wave.length;
      });
    }
  } finally {
    end();
  }
  const missed = [...armed.values()].map(({ commit, when }) => `no worker came to ${when} the commit "${commit}"`);
  return { fired: struck.length, recoveries, problems: missed };
}

export const workerCommits: Fault = {
  name: 'worker-commits',
  what: 'kill -9 of the worker before and after each commit of a job, from its claim to its end',
  learners: POINTS.length,
  run: (context) => atPoints(context, shuffled(POINTS, context.random)),
};

const FEW = 3;
export const fewWorkerCommits: Fault = {
  ...workerCommits,
  name: 'some-worker-commits',
  what: `${FEW} of worker-commits, which ones is the seed's`,
  learners: FEW,
  run: (context) => atPoints(context, shuffled(POINTS, context.random).slice(0, FEW)),
};
