/** Throughput against baselines in the same run; `npm run bench -- --help` says how. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { Command, Option } from 'commander';
import type { Bench, BenchOptions, Experiment } from './bench.ts';
import { latency } from './experiments/latency.ts';
import { memory } from './experiments/memory.ts';
import { quietTenant } from './experiments/quiet-tenant.ts';
import { recovery } from './experiments/recovery.ts';
import { routes } from './experiments/routes.ts';
import { sweep } from './experiments/sweep.ts';
import { twins } from './experiments/twins.ts';
import { twoApis } from './experiments/two-apis.ts';
import { versions } from './experiments/versions.ts';
import { startLoadProcess } from './load/load-process.ts';
import { holds, isMet, render, type Report } from './report.ts';
import { Children } from './system/children.ts';
import { startPostgres } from './system/postgres.ts';

const EXPERIMENTS: readonly Experiment[] = [
  routes,
  latency,
  twins,
  twoApis,
  memory,
  sweep,
  versions,
  quietTenant,
  recovery,
];
const NAMES = EXPERIMENTS.map(({ name }) => name);

interface Flags extends BenchOptions {
  readonly only?: string[];
  readonly json?: string;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${text} is no whole number from 1 on`);
  return value;
};
const list = EXPERIMENTS.map(({ name, question }) => `  ${name.padEnd(13)} ${question}`).join('\n');
const program = new Command('npm run bench --')
  .addOption(new Option('--only <names...>', 'only these experiments').choices(NAMES))
  .option('--rounds <n>', 'rounds of each comparison', whole, 3)
  .option('--seconds <n>', 'length of each measurement', whole, 10)
  .option('--quick', 'small sizes, one short round: to see that it works', false)
  .option('--json <file>', 'write all figures there')
  .option('--profiles <folder>', "write CPU profiles of Twinloop's processes there; they are slower then")
  .addHelpText('after', `\nExperiments:\n${list}`)
  .parse();
const flags = program.opts<Flags>();
const given = (name: string): boolean => program.getOptionValueSource(name) === 'cli';
const options: BenchOptions = {
  quick: flags.quick,
  rounds: flags.quick && !given('rounds') ? 1 : flags.rounds,
  seconds: flags.quick && !given('seconds') ? 2 : flags.seconds,
  ...(flags.profiles === undefined ? {} : { profiles: flags.profiles }),
};

const progress = (line: string): void => void process.stderr.write(`${line}\n`);
const children = new Children(progress);
// However this process ends, nothing it started outlives it.
process.on('exit', () => children.end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const postgres = await startPostgres(children);
const generator = startLoadProcess();
const bench: Bench = { ...options, children, postgres, load: (load) => generator.run(load), progress };
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
const results: (Report & { readonly name: string; readonly seconds: number })[] = [];
process.stdout.write(`${machine.cores} cores (${machine.cpu}), Node ${machine.node}\n`);
process.stdout.write(
  `Postgres: ${Object.entries(postgres.settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}\n`,
);

for (const experiment of EXPERIMENTS.filter(({ name }) => flags.only?.includes(name) ?? true)) {
  progress(`-- ${experiment.name}: ${experiment.question}`);
  const started = performance.now();
  const report = await experiment.run(bench);
  const seconds = Math.round((performance.now() - started) / 1_000);
  progress(`-- ${experiment.name} took ${seconds} s`);
  results.push({ name: experiment.name, seconds, ...report });
  process.stdout.write(`\n${experiment.question}\n\n${render(report)}\n`);
}
if (flags.json !== undefined) {
  const figures = results.map((result) => ({
    ...result,
    targets: result.targets.map((target) => ({ ...target, met: isMet(target) })),
    checks: result.checks.map((check) => ({ ...check, holds: holds(check) })),
  }));
  const all = { at: new Date().toISOString(), machine, postgres: postgres.settings, ...options, experiments: figures };
  await writeFile(flags.json, `${JSON.stringify(all, null, 2)}\n`);
}
generator.stop();
process.exit(results.every(({ checks }) => checks.every(holds)) ? 0 : 1);
