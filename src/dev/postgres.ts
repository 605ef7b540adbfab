import { chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { postgresPrograms, postgresUser } from './run-as.ts';
import type { Launch, PostgresPrograms, PostgresUser } from './run-as.ts';
import { runCommand } from './run-command.ts';
import { UserError } from './user-error.ts';

const SUPERUSER = 'postgres';
const PASSWORD = 'password';
const INITDB_TIMEOUT_MS = 120_000;

export interface PostgresOptions {
  /** Absolute; made when it does not exist. */
  readonly folder: string;
  readonly port: number;
  /** More `name=value` settings. */
  readonly settings?: readonly string[];
}

export const postgresUrl = (port: number, database: string): string =>
  `postgres://${SUPERUSER}:${PASSWORD}@127.0.0.1:${port}/${database}`;

/** Makes the database folder when it is new. Returns the launch of a server that only this machine can reach. */
export async function preparePostgres(options: PostgresOptions): Promise<Launch> {
  const [programs, user] = await Promise.all([postgresPrograms(), postgresUser()]);
  await mkdir(dirname(options.folder), { recursive: true });
  if (!(await exists(join(options.folder, 'PG_VERSION')))) await initialise(options.folder, programs, user);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    // The detail of an error quotes rows, and with them what people wrote.
    'log_error_verbosity=terse',
    ...(options.settings ?? []),
  ];
  return user.launch(
    programs.postgres,
    ['-D', options.folder, '-p', String(options.port), ...settings.flatMap((setting) => ['-c', setting])],
    [programs.postgres, options.folder],
  );
}

/** Into a folder beside the real one, then moved: an interrupted initdb leaves nothing that looks like a database. */
async function initialise(folder: string, programs: PostgresPrograms, user: PostgresUser): Promise<void> {
  const fresh = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  const secret = await mkdtemp(join(tmpdir(), 'twinloop-'));
  try {
    await writeFile(join(secret, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
    for (const path of [fresh, secret, join(secret, 'password')]) {
      if (user.ids !== null) await chown(path, user.ids.uid, user.ids.gid);
    }
    // Code point order and UTF-8 whatever locales the machine has.
    const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const login = [`--username=${SUPERUSER}`, `--pwfile=${join(secret, 'password')}`, '--auth=scram-sha-256'];
    const { command, args, ...ids } = await user.launch(
      programs.initdb,
      [`--pgdata=${fresh}`, ...login, ...locale, '--no-instructions'],
      [programs.initdb, fresh],
    );
    const done = await runCommand(command, args, { ...ids, cwd: '/', timeoutMs: INITDB_TIMEOUT_MS });
    if (done.code !== 0) {
      throw new UserError(
        `initdb could not make a database in ${folder}: ${done.timedOut ? 'it hung' : done.output.trim()}`,
      );
    }
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(secret, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
