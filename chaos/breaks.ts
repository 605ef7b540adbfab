import { join } from 'node:path';
import type { Fault } from './fault.ts';
import { quiet, stoppingApi } from './faults/quiet.ts';
import { freezeWorker } from './faults/freeze.ts';
import { startHarness, type HarnessOptions } from './harness.ts';
import type { Row } from './run-fault.ts';
import type { Change } from './system/build.ts';
import { changedBuild } from './system/build.ts';
import type { ChaosSystem } from './system/system.ts';

/** A way to break the product, and the fault that has to find it: a suite that cannot fail proves nothing. */
export interface Break {
  readonly name: string;
  readonly what: string;
  /** In the compiled code; the sources have none of it. */
  readonly changes?: readonly Change[];
  /** On the wire, where the code would have to be told to. */
  readonly sabotage?: (system: ChaosSystem) => void;
  readonly fault: Fault;
  /** Without it what is lost stays lost. */
  readonly sweeps?: false;
  /** Among the problems that are found. */
  readonly foundAs: RegExp;
}

const EVERY = 20;

export const BREAKS: readonly Break[] = [
  {
    name: 'skipped-commit',
    what: `every ${EVERY}th commit of votes is rolled back, and the API hears that it is done`,
    sabotage(system) {
      let commits = 0;
      system.watchCommits((replica, when, { statements, parameters }) => {
        if (!replica.name.startsWith('api') || when !== 'before' || !parameters.includes('quiet-v')) return;
        if (!statements.some((sql) => sql.includes('persona_training_events'))) return;
        commits += 1;
        return commits % EVERY === 0 ? 'skip' : undefined;
      });
    },
    fault: quiet,
    foundAs: /^VOTES: \d+ answered with 202/,
  },
  {
    name: 'no-fence',
    what: 'a step writes its result whoever holds the job by then',
    changes: [
      {
        file: 'db/open-jobs.js',
        from: '.where(and(eq(jobs.id, jobId), eq(jobs.epoch, epoch), inArray(jobs.status, OPEN)))',
        to: '.where(eq(jobs.id, jobId))',
      },
    ],
    fault: freezeWorker,
    foundAs: /^(VERSIONS|I\d+)/,
  },
  {
    name: 'lost-poke',
    what: 'pokes of a stopping API are lost, and nobody sweeps',
    changes: [
      { file: 'server.js', from: 'stopping.abort();', to: 'stopping.abort(); control.poke = async () => false;' },
    ],
    fault: stoppingApi,
    sweeps: false,
    foundAs: /votes are due and no run takes them/,
  },
];

/** What the suite finds of a broken product. */
export async function runBroken(one: Break, options: Omit<HarnessOptions, 'sweeps' | 'stuckAfterMs'>): Promise<Row> {
  const { changes = [], sabotage, fault, sweeps = true } = one;
  const build = await changedBuild(options.build, join(options.build.folder, one.name), changes);
  const harness = await startHarness({ ...options, build, sweeps, stuckAfterMs: STUCK_AFTER_MS });
  try {
    sabotage?.(harness.system);
    return await harness.run(fault);
  } finally {
    await harness.stop();
  }
}

/** It is known to be stuck: nobody has to wait for a minute to believe it. */
const STUCK_AFTER_MS = 20_000;
