import type { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { runGate } from '../gate/gate.ts';
import { regressionCaseSchema, type RatedAnswer, type Verdict } from '../gate/types.ts';
import { canonicalVotes } from '../learning/canonical.ts';
import { parseLedgerFile } from '../learning/ledger-file.ts';
import { specHash } from '../persona/hash.ts';
import { summarizeManifest } from '../persona/manifest-summary.ts';
import { manifestSchema } from '../persona/operation.ts';
import { personaSpecSchema, type PersonaSpec } from '../persona/spec.ts';
import { CliFailure, messageOf } from './support/failure.ts';
import { describeProblems, InputFailure, readJson, readText } from './support/files.ts';
import { gateTable } from './support/gate-table.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

const EXIT: Record<Verdict | 'badInput' | 'internal', number> = {
  pass: 0,
  fail: 1,
  inconclusive: 2,
  badInput: 3,
  internal: 4,
};

interface GateOptions {
  readonly active: string;
  readonly candidate: string;
  readonly manifest?: string;
  readonly cases?: string;
  readonly rated?: string;
}

/** A bare list of operations, or what `twinloop learn` and the API say of a candidate. */
const manifestFile = z.union(
  [
    manifestSchema.transform((manifest) => ({ manifest, parent: undefined, parent_hash: undefined })),
    z.looseObject({ manifest: manifestSchema, parent: z.string().optional(), parent_hash: z.string().optional() }),
  ],
  'neither a list of operations nor an object with one as "manifest"',
);

/** A file names no parent where it holds only operations; the active spec that they are given with stands for it. */
async function readManifest(path: string | undefined, active: PersonaSpec) {
  if (path === undefined) return { manifest: null, parent: null };
  const { manifest, parent, parent_hash } = await readJson(path, manifestFile);
  return { manifest, parent: { version: parent ?? active.version, hash: parent_hash ?? specHash(active) } };
}

/** The replay set: each vote that counts and has an answer, as the server would take it from its ledger. */
export async function readRated(path: string | undefined): Promise<RatedAnswer[]> {
  if (path === undefined) return [];
  const now = Date.now();
  const parsed = parseLedgerFile(await readText(path), { as_of: now });
  if (parsed.problems.length > 0) throw new InputFailure(describeProblems(path, parsed));
  const events = parsed.rows.map(({ event }) => event);
  const counted = new Set(canonicalVotes(events, now));
  return parsed.rows.flatMap(({ event, answer }): RatedAnswer[] => {
    const { event_id, score, rater_id, intent_label } = event;
    if (answer === null || score === 0 || !counted.has(event)) return [];
    return [{ event_id, score, rater_id, intent_label, answer }];
  });
}

async function gate(io: VerbContext, options: GateOptions): Promise<void> {
  const active = await readJson(options.active, personaSpecSchema);
  const candidate = await readJson(options.candidate, personaSpecSchema);
  const { manifest, parent } = await readManifest(options.manifest, active);
  const cases = options.cases === undefined ? [] : await readJson(options.cases, z.array(regressionCaseSchema));
  const rated = await readRated(options.rated);
  const report = runGate({ active, candidate, manifest, parent, cases, rated, relearned: null, regression: true });
  printJson(io, report);
  for (const sentence of summarizeManifest(manifest ?? [])) say(io, `  ${sentence}`);
  say(io, gateTable(io, report));
  io.end(EXIT[report.verdict]);
}

export function addGate(program: Command, io: VerbContext): void {
  program
    .command('gate')
    .description('Compare a candidate persona with the active one, without a server')
    .requiredOption('--active <file>', 'the persona spec that is live (JSON)')
    .requiredOption('--candidate <file>', 'the persona spec to judge (JSON)')
    .option('--manifest <file>', 'the operations between them (JSON); without it lineage and provenance are skipped')
    .option('--cases <file>', 'regression cases beside the built-in ones (JSON, a list)')
    .option('--rated <file>', 'rated answers to replay (JSONL, the format of `twinloop import`)')
    .addHelpText('after', '\nExit codes: 0 pass, 1 fail, 2 inconclusive, 3 bad input, 4 internal error.')
    // A usage error must not look like a verdict.
    .exitOverride((error: CommanderError) => {
      throw error.exitCode === 0 ? error : new CliFailure('', { exitCode: EXIT.badInput });
    })
    .action(async (options: GateOptions) => {
      try {
        await gate(io, options);
      } catch (error) {
        const bad = error instanceof InputFailure;
        const message = bad ? error.message : `internal error: ${messageOf(error)}`;
        throw new CliFailure(message, { exitCode: bad ? EXIT.badInput : EXIT.internal, cause: error });
      }
    });
}
