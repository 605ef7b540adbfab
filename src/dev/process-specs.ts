import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';
import type { Config } from '../config.ts';
import type { Launch } from './run-as.ts';
import type { ProcessSpec } from './supervised-process.ts';
import { temporalServerArguments } from './temporal-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** In the order in which they are stopped: nobody loses what he still needs to finish. */
export const PROCESS_NAMES = ['codec', 'server', 'worker', 'temporal', 'postgres'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** Postgres' fast shutdown is SIGINT; SIGTERM would wait for every client to leave. */
export const STOP_SIGNALS: Readonly<Record<ProcessName, NodeJS.Signals>> = {
  codec: 'SIGTERM',
  server: 'SIGTERM',
  worker: 'SIGTERM',
  temporal: 'SIGTERM',
  postgres: 'SIGINT',
};
const STOP_TIMEOUT_MS = 20_000;

/** In the command line of each process of a data folder, so that a stale pid file is not taken for a stranger's id. */
export const dataFolderMarker = (dataDir: string): string => `${dataDir}/`;
export const pidFileOf = (dataDir: string, name: ProcessName): string => join(dataDir, `${name}.pid`);

/** `dataDir` is absolute. `environment` is what the worker and the API get, `ofServer` what the API gets besides. */
export function createProcessSpecs(
  dataDir: string,
  environment: NodeJS.ProcessEnv,
  ofServer: Readonly<Record<string, string>> = {},
) {
  const spec = (name: ProcessName, launch: Launch & { readonly env?: NodeJS.ProcessEnv }): ProcessSpec => ({
    name,
    launch: { cwd: ROOT, ...launch },
    stopSignal: STOP_SIGNALS[name],
    stopTimeoutMs: STOP_TIMEOUT_MS,
    logFile: join(dataDir, 'logs', `${name}.log`),
    pidFile: pidFileOf(dataDir, name),
  });
  const entry = (name: ProcessName, file: string, ...args: readonly string[]): ProcessSpec =>
    spec(name, {
      command: process.execPath,
      args: ['--import', import.meta.resolve('tsx'), join('src', file), ...args],
      env: environment,
    });
  const marker = `--data-dir=${dataFolderMarker(dataDir)}`;
  return {
    postgres: (launch: Launch): ProcessSpec => spec('postgres', launch),
    temporal: (cli: string, { port, uiPort, codecKeys, codecPort }: Config['temporal']): ProcessSpec =>
      spec('temporal', {
        command: cli,
        args: temporalServerArguments({
          port,
          uiPort,
          databaseFile: join(dataDir, 'temporal.db'),
          ...(codecKeys === undefined ? {} : { codecPort }),
        }),
      }),
    worker: (): ProcessSpec => entry('worker', 'worker.ts', marker),
    server: (): ProcessSpec => {
      const server = entry('server', 'server.ts', marker);
      return { ...server, launch: { ...server.launch, env: { ...environment, ...ofServer } } };
    },
    codec: (): ProcessSpec => entry('codec', join('cli', 'main.ts'), 'codec-server', marker),
  };
}

/** The variables that lead the worker and the API to our own Temporal, whatever the user's profile says of another. */
export function ownTemporalVariables(dataDir: string, port: number): Record<string, string> {
  return { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_CONFIG_FILE: join(dataDir, 'no-temporal-profile.toml') };
}

/** So that tokens made before a restart of the API are good after it. A production server is given its keys. */
export function developmentTokenKeys({ production, http }: Config): Record<string, string> {
  if (production || http.feedbackTokenKeys.length > 0) return {};
  return { FEEDBACK_TOKEN_KEYS: `dev:${randomBytes(32).toString('base64')}` };
}

/** The environment of the worker and the API. */
export function createProcessEnvironment(config: Config, dataDir: string): NodeJS.ProcessEnv {
  const base = { DATABASE_URL: config.databaseUrl, DATA_DIR: dataDir };
  if (config.temporal.address !== undefined) return childEnvironment(base);
  const ours = /^TEMPORAL_(PORT|UI_PORT|CLI|CODEC_.+)$/;
  return childEnvironment(
    { ...base, ...ownTemporalVariables(dataDir, config.temporal.port) },
    (name) => name.startsWith('TEMPORAL_') && !ours.test(name),
  );
}
