import type { Command } from 'commander';
import { describeWithheld } from '../learning/describe-withheld.ts';
import { fitTenant } from '../learning/fit.ts';
import { fitOptions, propose } from '../learning/learn.ts';
import { parseLedgerFile, parsePredictionFile } from '../learning/ledger-file.ts';
import { predict } from '../learning/predict.ts';
import type { LedgerEvent } from '../learning/types.ts';
import { applyOperations, summarizeManifest } from '../persona/manifest.ts';
import { personaSpecSchema } from '../persona/spec.ts';
import { nextVersion } from '../persona/version.ts';
import { instant } from './support/arguments.ts';
import { readJson, readText, usableRows } from './support/files.ts';
import { printJson, say, type VerbContext } from './support/io.ts';
import { showWithheld } from './support/withheld.ts';

interface LearnOptions {
  readonly spec: string;
  readonly events: string;
  /** Milliseconds since the epoch. */
  readonly asOf?: number;
  readonly predict?: string;
  readonly anonymousAsRaters?: true;
  readonly twin?: string;
}

/** The twin with the most votes, the first by name where several have as many. */
function busiestTwin(events: readonly LedgerEvent[]): string {
  const votes = new Map<string, number>();
  for (const { twin_id } of events) votes.set(twin_id, (votes.get(twin_id) ?? 0) + 1);
  const [first] = [...votes].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return first?.[0] ?? 'default';
}

function chooseTwin(io: VerbContext, named: string | undefined, events: readonly LedgerEvent[]): string {
  const twins = new Set(events.map((event) => event.twin_id));
  const twin = named ?? busiestTwin(events);
  if (named === undefined && twins.size > 1) {
    say(
      io,
      `The file has votes of ${twins.size} twins; the spec is taken to be that of ${twin} (--twin names another).`,
    );
  }
  if (named !== undefined && !twins.has(named)) say(io, `The file has no vote of twin ${named}: nothing will change.`);
  return twin;
}

async function learn(io: VerbContext, options: LearnOptions): Promise<void> {
  const active = await readJson(options.spec, personaSpecSchema);
  const as_of = options.asOf ?? Date.now();
  const rows = usableRows(io, options.events, parseLedgerFile(await readText(options.events), { as_of }));
  const events = rows.map(({ event }) => event);
  const heldOut =
    options.predict === undefined
      ? []
      : usableRows(io, options.predict, parsePredictionFile(await readText(options.predict)));

  const input = { twin_id: chooseTwin(io, options.twin, events), active, vetoes: [] };
  const anonymous_as_raters = options.anonymousAsRaters ?? false;
  const fit = fitTenant(events, fitOptions({ ...input, as_of, anonymous_as_raters }));
  const votes = rows
    .filter(({ event }) => event.twin_id === input.twin_id && event.source === 'user')
    .map(({ event, reason, comment, answer }) => ({ ...event, reason, comment, answer }));
  const { operations, withheld, modules } = propose(fit, { ...input, rules: { votes } });
  const version = nextVersion([], active.version, 'patch');
  printJson(io, {
    modules,
    candidate: operations.length === 0 ? null : { ...applyOperations(active, operations), version },
    manifest: operations,
    predictions: heldOut.map(({ event_id, makeup }) => ({ event_id, p_good: predict(fit, makeup) })),
  });
  say(io, operations.length === 0 ? 'nothing to change' : 'the candidate:');
  for (const sentence of summarizeManifest(operations)) say(io, `  ${sentence}`);
  showWithheld(io, withheld.map(describeWithheld), (text) => say(io, text));
}

export function addLearn(program: Command, io: VerbContext): void {
  program
    .command('learn')
    .description('Learn a candidate persona from a file of votes, without a server')
    .requiredOption('--spec <file>', 'the persona spec that is live (JSON)')
    .requiredOption('--events <file>', 'votes (JSONL, the format of `twinloop import`; `twin` may vary by row)')
    .option('--as-of <time>', 'the time to learn at, and of votes that have none (default: now)', instant)
    .option('--predict <file>', 'answers whose rating to predict (JSONL; a score in it is not read)')
    .option('--anonymous-as-raters', 'each vote without a rater_id is a rater of its own')
    .option('--twin <id>', 'whose spec it is (default: the twin with the most votes in the file)')
    .addHelpText('after', '\nPrints { modules, candidate, manifest, predictions: [{ event_id, p_good }] }.')
    .action((options: LearnOptions) => learn(io, options));
}
