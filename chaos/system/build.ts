import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/dev/run-command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 180_000;

/** Twinloop as production runs it, in a folder of its own. */
export interface Build {
  readonly folder: string;
  /** Path of a compiled file, such as `worker.js`. */
  file(name: string): string;
}

/**
 * Compiles the sources as they are, as `npm run build` does: a `dist` beside them may be older. The folder is a temporary
 * one, which ends with this process. Throws with what the compiler says.
 */
export async function createBuild(): Promise<Build> {
  const folder = mkdtempSync(join(tmpdir(), 'twinloop-build-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, 'dist');
  await prepare(folder);
  await run([
    join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    dist,
  ]);
  await run([join(dist, 'build-workflows.js')]);
  return buildIn(folder);
}

/** A text of a compiled file, and what stands there instead. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy of a build with changes. Throws where a text is not there exactly once: a change that changes nothing proves nothing. */
export async function changedBuild(build: Build, folder: string, changes: readonly Change[]): Promise<Build> {
  await prepare(folder);
  await cp(join(build.folder, 'dist'), join(folder, 'dist'), { recursive: true });
  const changed = buildIn(folder);
  for (const { file, from, to } of changes) {
    const text = await readFile(changed.file(file), 'utf8');
    const found = text.split(from).length - 1;
    if (found !== 1) throw new Error(`${file} has ${found} times, not once: ${from}`);
    await writeFile(
      changed.file(file),
      text.replace(from, () => to),
    );
  }
  return changed;
}

const buildIn = (folder: string): Build => ({ folder, file: (name) => join(folder, 'dist', name) });

async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  // What a production image has beside `dist`.
  for (const name of ['node_modules', 'drizzle']) await symlink(join(ROOT, name), join(folder, name));
}

async function run(args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(process.execPath, args, { timeoutMs: TIMEOUT_MS, cwd: ROOT });
  if (code !== 0) throw new Error(`${args.join(' ')} failed:\n${output}`);
}
