import { access, constants, mkdir, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { buildTemporalCli } from './build-temporal-cli.ts';
import { downloadTemporalCli } from './download-temporal-cli.ts';
import { runCommand } from './run-command.ts';
import { UserError } from './user-error.ts';

/** Update-with-start and Schedules as we use them: below this the dev server needs switches, or lacks them. */
const LEAST_SERVER = [1, 28] as const;
const PROBE_TIMEOUT_MS = 20_000;

export interface CliSearch {
  /** $TEMPORAL_CLI. */
  readonly explicit: string | undefined;
  /** $PATH. */
  readonly path: string;
  /** Twinloop's folder in the user's cache; the command is kept in `bin/` there. */
  readonly cacheDir: string;
}

export interface CliSources {
  readonly download: typeof downloadTemporalCli;
  readonly build: typeof buildTemporalCli;
}

export interface FoundCli {
  readonly path: string | undefined;
  /** One line for each place that had none, with its reason. */
  readonly misses: readonly string[];
}

export const cachedCliPath = (cacheDir: string): string => join(cacheDir, 'bin', 'temporal');

/** Looks in $TEMPORAL_CLI, PATH and the cache, in this order. A $TEMPORAL_CLI that cannot be used is a UserError, not a miss. */
export async function findTemporalCli(search: CliSearch): Promise<FoundCli> {
  if (search.explicit !== undefined) {
    const problem = await whyUnusable(search.explicit);
    if (problem !== undefined) {
      throw new UserError(
        `TEMPORAL_CLI is ${search.explicit}, but ${problem}. Set it to the Temporal CLI, or unset it.`,
      );
    }
    return { path: resolve(search.explicit), misses: [] };
  }
  const misses = ['TEMPORAL_CLI: not set'];
  const onPath = await firstExecutable(search.path);
  const places = [
    { name: 'PATH', path: onPath },
    { name: 'cache', path: cachedCliPath(search.cacheDir) },
  ];
  for (const { name, path } of places) {
    const problem = path === undefined ? 'no `temporal` command' : await whyUnusable(path);
    if (problem === undefined) return { path, misses };
    misses.push(path === undefined ? `${name}: ${problem}` : `${name}: ${path}: ${problem}`);
  }
  return { path: undefined, misses };
}

/**
 * The Temporal CLI, fetched into the cache when the machine has none: a download first, then `go install`.
 * `report` is told of each step that takes long. Throws one UserError with everything tried and the ways out.
 */
export async function obtainTemporalCli(
  search: CliSearch,
  report: (line: string) => void,
  sources: CliSources = { download: downloadTemporalCli, build: buildTemporalCli },
): Promise<string> {
  const found = await findTemporalCli(search);
  if (found.path !== undefined) return found.path;
  const misses = [...found.misses];
  const target = cachedCliPath(search.cacheDir);
  await mkdir(join(search.cacheDir, 'bin'), { recursive: true });
  const fetches = [
    { name: 'download', fetch: () => sources.download(target, report) },
    { name: 'go install', fetch: () => sources.build(target, search.path, report) },
  ];
  for (const { name, fetch } of fetches) {
    const problem = (await fetch()) ?? (await whyUnusable(target));
    if (problem === undefined) return target;
    report(`${name}: ${problem}`);
    misses.push(`${name}: ${problem}`);
  }
  throw new UserError(
    [
      'The Temporal CLI is needed for the Temporal server, and none could be had:',
      ...misses.map((miss) => `  ${miss}`),
      'Ways out, any one of them:',
      '  install it (https://docs.temporal.io/cli) so that `temporal` is on PATH',
      '  set TEMPORAL_CLI to the path of one',
      '  install Go (https://go.dev/dl) and run this again: it is then built once',
      '  set TEMPORAL_ADDRESS to a Temporal server that already runs',
    ].join('\n'),
  );
}

async function firstExecutable(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(folder, 'temporal');
    if (await isExecutableFile(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

async function whyUnusable(path: string): Promise<string | undefined> {
  if (!(await isExecutableFile(path))) return 'there is no executable file there';
  const { code, output, timedOut } = await runCommand(path, ['--version'], { timeoutMs: PROBE_TIMEOUT_MS });
  if (timedOut) return `\`${path} --version\` did not answer within ${PROBE_TIMEOUT_MS / 1000} s`;
  const server = /^temporal version .*\(Server (\d+)\.(\d+)/m.exec(output);
  if (code !== 0 || server === null) return 'it does not answer --version as the Temporal CLI does';
  const [major, minor] = [Number(server[1]), Number(server[2])];
  if (major > LEAST_SERVER[0] || (major === LEAST_SERVER[0] && minor >= LEAST_SERVER[1])) return undefined;
  return `its server is ${major}.${minor}, older than ${LEAST_SERVER.join('.')}`;
}
