import type { Command } from 'commander';
import { openDatabase } from '../db/client.ts';
import { examineApi } from './doctor/api.ts';
import { examineDatabase } from './doctor/database.ts';
import { examineEncryption } from './doctor/encryption.ts';
import { isGood, skipped, type Finding } from './doctor/finding.ts';
import { examineKeys } from './doctor/keys.ts';
import { examineTwins } from './doctor/twins.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { withTemporal } from './support/temporal.ts';

function show(io: VerbContext, { check, status, detail, command }: Finding): void {
  const { green, yellow, red, dim } = io.colors;
  const color = { ok: green, fixed: green, warning: yellow, missing: red, skipped: dim }[status];
  const mark = color(status.padEnd('warning'.length));
  say(io, `${mark} ${check}: ${detail}${command === null ? '' : `\n        -> ${command}`}`);
}

interface DoctorOptions {
  readonly fix?: true;
  readonly beforeStart?: true;
}

async function examineAll(io: VerbContext, { fix: mend, beforeStart }: DoctorOptions): Promise<Finding[]> {
  const fix = mend === true;
  const config = io.config();
  const findings: Finding[] = [];
  const found = (some: readonly Finding[]): void => {
    for (const finding of some) show(io, finding);
    findings.push(...some);
  };
  found(await examineEncryption(config));
  const database = openDatabase(config.databaseUrl, { max: 2 });
  try {
    const ofDatabase = await examineDatabase(database, config.databaseUrl, fix);
    found(ofDatabase);
    const usable = ofDatabase.every(isGood) ? database : null;
    await withTemporal(
      config.temporal,
      (line) => say(io, line),
      async (temporal) => {
        const { examineTemporal } = await import('./doctor/temporal.ts');
        const { examinePayloads } = await import('./doctor/payloads.ts');
        const { examineWorkers } = await import('./doctor/workers.ts');
        const ofTemporal = await examineTemporal({ temporal, database: usable, fix });
        found(ofTemporal);
        if (beforeStart !== undefined) return;
        const reached = ofTemporal[0]?.status === 'ok';
        if (reached) found([await examinePayloads(temporal, config.temporal.codecKeys)]);
        found([reached ? await examineWorkers(temporal) : { check: 'workers', ...skipped('needs Temporal') }]);
        if (usable === null) return;
        const { examineClocks } = await import('./doctor/clocks.ts');
        if (reached) found([await examineClocks(usable.db, temporal)]);
        found([await examineKeys(usable.db, config), ...(await examineTwins(usable.db, config))]);
      },
    );
  } finally {
    await database.close();
  }
  if (beforeStart !== undefined) return findings;
  found(await examineApi(config));
  const { examineLlm } = await import('./doctor/llm.ts');
  found([await examineLlm(config)]);
  return findings;
}

export function addDoctor(program: Command, io: VerbContext): void {
  program
    .command('doctor')
    .description(
      'Look at Postgres, Temporal, workers, the API and the language model, and say what is missing and how to mend it',
    )
    .option('--fix', 'make what is missing: database, migrations, search attributes, Schedule')
    .option('--before-start', 'leave out what is there only once the system runs: workers, keys, twins, the API')
    .addHelpText('after', '\nExit code 1 when something is missing; warnings are 0. It starts no process.')
    .action(async (options: DoctorOptions) => {
      const findings = await examineAll(io, options);
      const good = findings.every(isGood);
      printJson(io, { ok: good, findings });
      if (!good) io.end(1);
    });
}
