import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import { createApp } from '../../src/api/app.ts';
import { serveApp } from '../../src/api/serve.ts';
import { runCli } from '../../src/cli/program.ts';
import { DEFAULT_COLUMNS } from '../../src/cli/support/io.ts';
import { loadConfig } from '../../src/config.ts';
import { createKey } from '../../src/db/key-writes.ts';
import { openTestApi } from '../api/harness.ts';
import type { TestSystem } from '../support/system.ts';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What stands on stdout; throws when that is not JSON alone. */
  readonly json: <T = Json>() => T;
}
// An answer of any shape, looked into by assertions.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

/** Runs a command line in this process, as on a pipe; `env` is its whole environment. */
export async function cli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stop?: AbortSignal,
): Promise<CliResult> {
  let out = '';
  let err = '';
  const code = await runCli(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    interactive: false,
    colors: pc.createColors(false),
    columns: () => DEFAULT_COLUMNS,
    config: () => loadConfig({ HOME: '/nonexistent', ...env }),
    stopSignal: () => stop ?? new AbortController().signal,
  });
  return { code, out, err, json: <T>() => JSON.parse(out) as T };
}

/** The environment that leads a command to an API. */
const envOf = (port: number, key: string) => ({ TWINLOOP_URL: `http://127.0.0.1:${port}`, TWINLOOP_API_KEY: key });

/** The API without Temporal, listening. */
export async function serveTestApi() {
  const api = await openTestApi();
  const server = await serveApp(api.app.fetch, { host: '127.0.0.1', port: 0 });
  return {
    ...api,
    env: envOf(server.port, api.keys.owner),
    envWith: (key: string) => envOf(server.port, key),
    async stop() {
      await server.drain();
      await api.close();
    },
  };
}

/** The API of a whole system, listening, with the key of an owner. */
export async function serveSystem({ database: db, control, learner, defaults }: TestSystem) {
  const app = createApp({ db, control, learner, defaults, temporalHealth: async () => true, log: () => {} });
  const server = await serveApp(app.fetch, { host: '127.0.0.1', port: 0 });
  const { key } = await createKey(db.db, { tenant_id: 't', role: 'owner', name: 'test' });
  return { env: envOf(server.port, key), stop: () => server.drain() };
}

/** Writes a value as JSON, or a list of lines as they are; returns the path. */
export async function fileIn(folder: string, name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, name.endsWith('.jsonl') ? (content as string[]).join('\n') : JSON.stringify(content));
  return path;
}
