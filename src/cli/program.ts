import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { UserError } from '../dev/user-error.ts';
import { addCodecServer } from './codec-server.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addExport } from './export.ts';
import { addGate } from './gate.ts';
import { addGateSelfTest } from './gate-selftest.ts';
import { addImport } from './import.ts';
import { addKeys } from './keys.ts';
import { addLearn } from './learn.ts';
import { addMigrate } from './migrate.ts';
import { addRetention } from './retention.ts';
import { addSweep } from './sweep.ts';
import { CliFailure, messageOf } from './support/failure.ts';
import { say, type CliIo, type VerbContext } from './support/io.ts';

const USAGE = 2;

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The command line with all its verbs; throws CommanderError instead of ending the process. */
function createProgram(io: VerbContext): Command {
  const program = new Command('twinloop')
    .description('Turns votes on answers into a better persona: try it, feed it, look after it.')
    .version(versionOfPackage())
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .addHelpText(
      'after',
      `
Results are JSON on stdout, progress is on stderr. Exit codes: 0 done, 1 failed, 2 usage (gate has its own).
Environment: TWINLOOP_URL and TWINLOOP_API_KEY (demo, import, export), DATABASE_URL and TEMPORAL_ADDRESS (sweep, keys, retention, migrate, doctor).`,
    );
  for (const add of [
    addDemo,
    addImport,
    addExport,
    addSweep,
    addKeys,
    addRetention,
    addMigrate,
    addDoctor,
    addGate,
    addGateSelfTest,
    addLearn,
    addCodecServer,
  ])
    add(program, io);
  return program;
}

function exitCodeOf(error: unknown, io: CliIo): number {
  // Commander has said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (error instanceof CliFailure) {
    if (error.message !== '') say(io, `twinloop: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof ConfigError || error instanceof UserError) {
    say(io, `twinloop: ${error.message}`);
    return 1;
  }
  say(io, `twinloop: this should not have happened: ${messageOf(error)}`);
  if (error instanceof Error && error.stack !== undefined) {
    say(
      io,
      error.stack
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8)
        .join('\n'),
    );
  }
  return 1;
}

/** Runs one command line (without node and script); resolves to its exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const program = createProgram({ ...io, end: (code) => (exitCode = code) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, io);
  }
}
