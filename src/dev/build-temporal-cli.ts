import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { childEnvironment } from '../config.ts';
import { runCommand } from './run-command.ts';

/** The newest release that `go install` takes: the go.mod of later ones has a `replace`. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const BUILD_TIMEOUT_MS = 20 * 60_000;

/** Builds the Temporal CLI and moves it to `target`. Returns why not, or undefined when it is there. */
export async function buildTemporalCli(
  target: string,
  path: string,
  report: (line: string) => void,
): Promise<string | undefined> {
  const env = childEnvironment({ PATH: path });
  const version = await runCommand('go', ['version'], { timeoutMs: 20_000, env });
  if (version.code !== 0) return '`go` is not on PATH';
  report(`building the Temporal CLI once with go install ${MODULE} (about 3 minutes)`);
  // Built beside the target and moved: two builds at once, or one that is interrupted, leave no half file.
  const folder = await mkdtemp(join(dirname(target), 'build-'));
  try {
    const built = await runCommand('go', ['install', MODULE], {
      timeoutMs: BUILD_TIMEOUT_MS,
      env: { ...env, GOBIN: folder },
    });
    if (built.timedOut) return `not done after ${BUILD_TIMEOUT_MS / 60_000} minutes`;
    if (built.code !== 0) return built.output.trim().split('\n').slice(-3).join(' | ') || `exit code ${built.code}`;
    await rename(join(folder, 'temporal'), target);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
