import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runCommand } from './run-command.ts';

const VERSION = '1.5.1';
const RELEASES = 'https://github.com/temporalio/cli/releases/download';
/** Short, because a machine without that host must not hang: until the first byte, and altogether. */
const ANSWER_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 90_000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Downloads the released Temporal CLI and moves it to `target`. Returns why not, or undefined when it is there. */
export async function downloadTemporalCli(
  target: string,
  report: (line: string) => void,
  releases: string = RELEASES,
): Promise<string | undefined> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined || (process.platform !== 'linux' && process.platform !== 'darwin')) {
    return `there is none for ${process.platform} on ${process.arch}`;
  }
  const url = `${releases}/v${VERSION}/temporal_cli_${VERSION}_${process.platform}_${architecture}.tar.gz`;
  report(`downloading the Temporal CLI (about 20 s; given up after ${ANSWER_TIMEOUT_MS / 1000} s without an answer)`);
  const folder = await mkdtemp(join(dirname(target), 'download-'));
  try {
    await download(url, join(folder, 'temporal.tar.gz'));
    const unpacked = await runCommand('tar', ['-xzf', 'temporal.tar.gz', 'temporal'], {
      cwd: folder,
      timeoutMs: 60_000,
    });
    if (unpacked.code !== 0) return `the archive could not be unpacked: ${unpacked.output.trim()}`;
    await chmod(join(folder, 'temporal'), 0o755);
    await rename(join(folder, 'temporal'), target);
    return undefined;
  } catch (error) {
    return reason(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(url: string, file: string): Promise<void> {
  const abort = new AbortController();
  const answerTimer = setTimeout(
    () => abort.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)),
    ANSWER_TIMEOUT_MS,
  );
  const wholeTimer = setTimeout(
    () => abort.abort(new Error(`not done after ${DOWNLOAD_TIMEOUT_MS / 1000} s`)),
    DOWNLOAD_TIMEOUT_MS,
  );
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answerTimer);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status} from ${new URL(url).host}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal: abort.signal });
  } finally {
    clearTimeout(answerTimer);
    clearTimeout(wholeTimer);
  }
}

/** fetch hides the cause (a name that does not resolve, a refused connection) in `cause`. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
