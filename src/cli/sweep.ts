import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { runSweep, type SweepDeps } from '../control/sweep.ts';
import type { SweepSummary } from '../workflows/contract.ts';
import { wholeNumber } from './support/arguments.ts';
import { explained, withDatabase } from './support/database.ts';
import { CliFailure, messageOf, usageFailure } from './support/failure.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { withTemporal } from './support/temporal.ts';

const INTERVAL_MS = 900_000;

interface SweepOptions {
  readonly once?: true;
  readonly minEvents: number;
  readonly limitTwins: number;
  readonly autoPublish?: true;
  readonly skipRegressionGate?: true;
}

/** One sweep over all tenants, and what came of it. */
async function sweepNow(
  deps: SweepDeps,
  { minEvents, limitTwins }: SweepOptions,
): Promise<{ timestamp: string; summary: SweepSummary }> {
  const summary = await runSweep(deps, { minEvents, limitTwins });
  return { timestamp: new Date().toISOString(), summary };
}

async function sweepOnce(io: VerbContext, deps: SweepDeps, options: SweepOptions, address: string): Promise<void> {
  const swept = await sweepNow(deps, options);
  printJson(io, swept);
  const failed = swept.summary.decisions.filter(({ reason }) => reason === 'poke_failed').length;
  if (failed > 0) {
    throw new CliFailure(
      `${failed} twins could not be woken: does Temporal at ${address} answer? twinloop doctor tells.`,
    );
  }
}

/** Sweeps now and every 15 minutes, a line of JSON each; a sweep that fails is reported and the next one comes. */
async function sweepForever(io: VerbContext, url: string, deps: SweepDeps, options: SweepOptions): Promise<void> {
  const stop = io.stopSignal();
  say(io, `sweeping every ${INTERVAL_MS / 1_000} s until stopped`);
  while (!stop.aborted) {
    const next = Date.now() + INTERVAL_MS;
    try {
      io.out(`${JSON.stringify(await explained(url, () => sweepNow(deps, options)))}\n`);
    } catch (error) {
      say(io, `sweep failed: ${messageOf(error)}`);
    }
    // An abort ends the pause, and then the loop.
    await sleep(Math.max(0, next - Date.now()), undefined, { signal: stop }).catch(() => undefined);
  }
}

async function sweep(io: VerbContext, options: SweepOptions): Promise<void> {
  if (options.autoPublish !== undefined || options.skipRegressionGate !== undefined) {
    throw usageFailure(
      'A sweep only wakes twins; whether a run publishes by itself and whether its regression gate runs is decided by ' +
        "each twin's policy: PATCH /twins/{id}/learning-policy with auto_publish or run_regression_gate.",
    );
  }
  const { databaseUrl, temporal, learning } = io.config();
  await withDatabase(databaseUrl, ({ db }) =>
    withTemporal(
      temporal,
      (line) => say(io, line),
      async ({ address }, control) => {
        const deps: SweepDeps = { db, control, defaultMinEvents: learning.min_events };
        if (options.once === undefined) await sweepForever(io, databaseUrl, deps, options);
        else await sweepOnce(io, deps, options, address);
      },
    ),
  );
}

export function addSweep(program: Command, io: VerbContext): void {
  program
    .command('sweep')
    .description('Wake the twins of all tenants that are due or need repair; needs Postgres and Temporal')
    .option('--once', 'once, instead of every 900 seconds')
    .option(
      '--min-events <n>',
      'votes that have to wait, where the policy of the twin does not ask for more',
      wholeNumber(1),
      5,
    )
    .option('--limit-twins <n>', 'twins at most, those that wait longest first', wholeNumber(1, 100_000), 100)
    .addOption(new Option('--auto-publish').hideHelp())
    .addOption(new Option('--skip-regression-gate').hideHelp())
    .addHelpText(
      'after',
      '\nPrints { timestamp, summary }. The Schedule feedback-learning-sweep does the same every 15 minutes, and erases what is of age.',
    )
    .action((options: SweepOptions) => sweep(io, options));
}
