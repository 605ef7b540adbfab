/** Breaks the system on purpose and counts what is lost; `npm run chaos -- --help` says how. */
import { randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { FAULTS, SHORT } from './faults/table.ts';
import { BREAKS, runBroken } from './breaks.ts';
import { startHarness } from './harness.ts';
import type { Row } from './run-fault.ts';
import { createBuild } from './system/build.ts';
import { render } from './table.ts';

const list = FAULTS.map(({ name, what }) => `  ${name.padEnd(18)} ${what}`).join('\n');
const program = new Command('npm run chaos --')
  .addOption(
    new Option('--only <names...>', 'only these faults').choices([...FAULTS, ...BREAKS].map(({ name }) => name)),
  )
  .option('--short', 'the few that every change is tested with', false)
  .option('--prove', 'breaks the product in three ways instead, each of which has to be found', false)
  .option('--seed <n>', 'repeats the choices of the run that printed it', Number)
  .option('--codec', 'encrypts what Temporal stores, with a key of this run alone', false)
  .option('--json <file>', 'write all figures there')
  .addHelpText('after', `\nFaults:\n${list}`)
  .parse();
const firstLines = (text: string): string => text.split('\n').slice(0, 2).join(' ');
const flags = program.opts<{
  prove: boolean;
  only?: string[];
  short: boolean;
  seed?: number;
  json?: string;
  codec: boolean;
}>();
const seed = flags.seed ?? randomInt(2 ** 31);
const progress = (line: string): void => void process.stderr.write(`${line}\n`);
// Forked: it ends with its parent.
process.on('disconnect', () => process.exit(1));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const chosen = (flags.short ? SHORT : FAULTS).filter(({ name }) => flags.only?.includes(name) ?? true);
progress(`seed ${seed}`);
const build = await createBuild();
if (flags.prove) {
  let unfound = 0;
  for (const one of BREAKS.filter(({ name }) => flags.only?.includes(name) ?? true)) {
    progress(`-- ${one.name}: ${one.what}`);
    const { problems } = await runBroken(one, { seed, progress, build });
    const found = problems.find((line) => one.foundAs.test(line));
    if (found === undefined) {
      unfound += 1;
      progress(problems.join('\n'));
    }
    process.stdout.write(
      `${one.name} (${one.fault.name}): ${found === undefined ? 'NOT FOUND' : `found: ${firstLines(found)}`}\n`,
    );
  }
  process.exit(unfound === 0 ? 0 : 1);
}
const codecKeys = flags.codec ? { codecKeys: `chaos:${randomBytes(32).toString('base64')}` } : {};
const harness = await startHarness({ seed, progress, build, ...codecKeys });
const rows: Row[] = [];
for (const fault of chosen) {
  progress(`-- ${fault.name}: ${fault.what}`);
  rows.push(await harness.run(fault));
  // After each: a run that is broken off has measured something all the same.
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify({ seed, rows }, null, 2)}\n`);
}
process.stdout.write(`${render(rows)}\nseed ${seed}\n`);
await harness.stop();
process.exit(rows.every(({ problems }) => problems.length === 0) ? 0 : 1);
