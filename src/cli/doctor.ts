import type { Command } from 'commander';
import { openDatabase } from '../db/client.ts';
import { examineApi } from './doctor/api.ts';
import { examineDatabase } from './doctor/database.ts';
import { isGood, type Finding } from './doctor/finding.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { withTemporal } from './support/temporal.ts';

function show(io: VerbContext, { check, status, detail, command }: Finding): void {
  const { green, red, dim } = io.colors;
  const mark = { ok: green('ok     '), fixed: green('fixed  '), missing: red('missing'), skipped: dim('skipped') }[
    status
  ];
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
        const { examineWorkers } = await import('./doctor/workers.ts');
        const ofTemporal = await examineTemporal({ temporal, database: usable, fix });
        found(ofTemporal);
        if (beforeStart === undefined) found([await examineWorkers(ofTemporal[0], temporal)]);
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
    .option('--before-start', 'leave out what is there only once the system runs: workers, the API')
    .addHelpText('after', '\nExit code 1 when something is missing. It starts no process.')
    .action(async (options: DoctorOptions) => {
      const findings = await examineAll(io, options);
      const good = findings.every(isGood);
      printJson(io, { ok: good, findings });
      if (!good) io.end(1);
    });
}
