import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/dev/ports.ts';
import { postgresUser } from '../../src/dev/run-as.ts';
import { runCommand } from '../../src/dev/run-command.ts';
import { waitForPostgres } from '../../src/dev/wait-for-postgres.ts';

const PROGRAMS = ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'createdb'];
const DEBIAN = '/usr/lib/postgresql';
const TIMEOUT_MS = 60_000;

/**
 * A folder with a Postgres server and the pg_dump of its version; undefined where there is none. The embedded Postgres
 * brings no pg_dump, and one that is older than its server refuses to read it.
 */
export function findPostgresPrograms(): string | undefined {
  const own = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...(own.status === 0 ? [own.stdout.trim()] : []), ...debian.toReversed()];
  return folders.find((folder) => PROGRAMS.every((name) => existsSync(join(folder, name))));
}

export interface DumpablePostgres {
  urlOf(database: string): string;
  /** Runs one of its programs on a database; throws with what it says. */
  run(program: 'pg_dump' | 'pg_restore' | 'createdb', ...args: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** A server of one's own with its data in `folder`, which is made. */
export async function startDumpablePostgres(bin: string, folder: string): Promise<DumpablePostgres> {
  const user = await postgresUser();
  await mkdir(folder, { recursive: true });
  if (user.ids !== null) await chown(folder, user.ids.uid, user.ids.gid);
  await chmod(folder, 0o700);
  const made = await user.launch(
    join(bin, 'initdb'),
    [`--pgdata=${folder}`, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
    [folder],
  );
  const { code, output } = await runCommand(made.command, made.args, { ...made, cwd: '/', timeoutMs: TIMEOUT_MS });
  if (code !== 0) throw new Error(`initdb failed: ${output}`);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=200'];
  const { command, args, ...ids } = await user.launch(
    join(bin, 'postgres'),
    ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    [folder],
  );
  const server = spawn(command, args, { ...ids, cwd: '/', stdio: 'ignore' });
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const problem = await waitForPostgres(urlOf('postgres'), TIMEOUT_MS, () => server.exitCode !== null);
  if (problem !== undefined) throw new Error(`Postgres did not start: ${problem}`);
  return {
    urlOf,
    async run(program, ...rest) {
      const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres' };
      const done = await runCommand(join(bin, program), rest, { env, timeoutMs: TIMEOUT_MS });
      if (done.code !== 0) throw new Error(`${program} failed: ${done.output}`);
    },
    async stop() {
      const exit = once(server, 'exit');
      server.kill('SIGINT');
      await exit;
    },
  };
}
