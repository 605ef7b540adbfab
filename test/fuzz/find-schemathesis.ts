import { access, constants, mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../../src/dev/run-command.ts';

const VERSION = '4.32.5';
/** For everything that may need a network, so that a machine without one is not held up. */
const INSTALL_MS = 60_000;
const ASK_MS = 20_000;

const isThere = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function inPath(path: string, name: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && (await isThere(file))) return file;
  }
  return undefined;
}

/** Before version 4 its options and its configuration were others. */
async function understandsUs(command: string): Promise<boolean> {
  const { output } = await runCommand(command, ['--version'], { timeoutMs: ASK_MS });
  return /\bversion 4\./.test(output);
}

/** The schemathesis 4 of PATH, else one installed into `cacheDir` within a minute; or why there is none. */
export async function findSchemathesis({
  path,
  cacheDir,
}: {
  readonly path: string;
  readonly cacheDir: string;
}): Promise<{ readonly command: string } | { readonly missing: string }> {
  const known = await inPath(path, 'schemathesis');
  if (known !== undefined && (await understandsUs(known))) return { command: known };
  const folder = join(cacheDir, `schemathesis-${VERSION}`);
  const command = join(folder, 'bin', 'schemathesis');
  if (await isThere(command)) return { command };
  const python = await inPath(path, 'python3');
  if (python === undefined) return { missing: 'no python3 in PATH' };
  await mkdir(cacheDir, { recursive: true });
  const end = Date.now() + INSTALL_MS;
  for (const [program, ...args] of [
    [python, '-m', 'venv', folder],
    [join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', `schemathesis==${VERSION}`],
  ] as [string, ...string[]][]) {
    const { code, output, timedOut } = await runCommand(program, args, { timeoutMs: Math.max(1, end - Date.now()) });
    if (code === 0) continue;
    await rm(folder, { recursive: true, force: true });
    const why = timedOut ? 'took more than a minute' : (output.trim().split('\n').at(-1) ?? `ended with ${code}`);
    return { missing: `installing it: ${why}` };
  }
  return { command };
}
