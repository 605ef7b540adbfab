import type { Command } from 'commander';
import { z } from 'zod';
import { readRatedAnswers, readTwinCases } from '../db/gate-data.ts';
import { readActiveSpec } from '../db/spec-writes.ts';
import { selfTest } from '../gate/selftest.ts';
import type { Material } from '../gate/selftest-plants.ts';
import { regressionCaseSchema } from '../gate/types.ts';
import { personaSpecSchema } from '../persona/spec.ts';
import { readRated } from './gate.ts';
import { withDatabase } from './support/database.ts';
import { CliFailure, usageFailure } from './support/failure.ts';
import { readJson } from './support/files.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

interface SelfTestOptions {
  readonly twin?: string;
  readonly active?: string;
  readonly cases?: string;
  readonly rated?: string;
}

async function fromDatabase(url: string, twinId: string): Promise<Material> {
  return withDatabase(url, async ({ db }) => {
    const active = await readActiveSpec(db, twinId);
    if (active === undefined) throw new CliFailure(`There is no twin ${twinId} with a live persona.`);
    return {
      active: active.spec,
      cases: await readTwinCases(db, twinId),
      rated: await readRatedAnswers(db, twinId),
    };
  });
}

async function fromFiles({ cases, rated }: SelfTestOptions, active: string): Promise<Material> {
  return {
    active: await readJson(active, personaSpecSchema),
    cases: cases === undefined ? [] : await readJson(cases, z.array(regressionCaseSchema)),
    rated: await readRated(rated),
  };
}

function material(io: VerbContext, options: SelfTestOptions): Promise<Material> {
  const { twin, active, cases, rated } = options;
  const files = [active, cases, rated].some((file) => file !== undefined);
  if (twin !== undefined && !files) return fromDatabase(io.config().databaseUrl, twin);
  if (twin === undefined && active !== undefined) return fromFiles(options, active);
  throw usageFailure('Give either --twin, or --active with --cases and --rated as you have them.');
}

async function gateSelfTest(io: VerbContext, options: SelfTestOptions): Promise<void> {
  const report = selfTest(await material(io, options));
  printJson(io, report);
  const count = (of: 'caught' | 'missed') => report.checks.reduce((sum, check) => sum + check[of].length, 0);
  const undecided = report.undecidable.map(({ check }) => check).join(', ') || 'none';
  say(
    io,
    `A/A ${report.aa.verdict}; ${count('caught')} planted regressions caught, ${count('missed')} missed; checks without material: ${undecided}.`,
  );
  if (!report.as_expected) io.end(1);
}

export function addGateSelfTest(program: Command, io: VerbContext): void {
  program
    .command('gate-selftest')
    .description("Try the gate with regressions planted in a twin's own persona, cases and rated answers")
    .option('--twin <id>', 'a twin in the database')
    .option('--active <file>', 'instead of a twin: a persona spec (JSON)')
    .option('--cases <file>', 'with --active: regression cases beside the built-in ones (JSON, a list)')
    .option('--rated <file>', 'with --active: rated answers (JSONL, the format of `twinloop import`)')
    .addHelpText(
      'after',
      '\nPrints { as_expected, aa, checks, undecidable }. Exit codes: 0 all as expected, 1 otherwise, 2 usage.',
    )
    .action((options: SelfTestOptions) => gateSelfTest(io, options));
}
