/** Sends whatever schemathesis makes of openapi.json to the whole system; `npm run fuzz -- --help` says how. */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { createApp } from '../../src/api/app.ts';
import { serveApp } from '../../src/api/serve.ts';
import { childEnvironment, loadConfig } from '../../src/config.ts';
import { createKey } from '../../src/db/key-writes.ts';
import { runCommand } from '../../src/dev/run-command.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { startSystem } from '../support/system.ts';
import { findSchemathesis } from './find-schemathesis.ts';

const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
/** It ends by itself a little after `seconds`; this is for the day on which it does not. */
const GRACE_SECONDS = 60;

const program = new Command('npm run fuzz --')
  .option('--seconds <n>', 'how long to look', Number, 45)
  .option('--seed <n>', 'repeats the requests of the run that printed it', Number)
  .parse();
const { seconds, seed = randomInt(2 ** 31) } = program.opts<{ seconds: number; seed?: number }>();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const found = await findSchemathesis(loadConfig());
if ('missing' in found) {
  say(`schemathesis skipped (${found.missing})`);
  process.exit(0);
}

// The servers of tests keep no process alive, and starting them takes a while.
setInterval(() => {}, 1_000);
const system = await startSystem();
await system.startWorker();
const failures: string[] = [];
const app = createApp({
  db: system.database,
  control: system.control,
  learner: system.learner,
  temporalHealth: async () => true,
  defaults: system.defaults,
  log: (level, message, fields) => {
    if (level === 'error') failures.push(JSON.stringify({ message, ...fields }));
  },
});
const server = await serveApp(app.fetch, { host: '127.0.0.1', port: 0 });
const { key } = await createKey(system.database.db, { tenant_id: 'fuzz', role: 'owner', name: 'fuzz' });
const url = `http://127.0.0.1:${server.port}`;
// The id that openapi.json gives as an example, so that paths lead somewhere.
const twin = await fetch(`${url}/twins`, {
  method: 'POST',
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: JSON.stringify({ id: 'mara', name: 'Mara', spec: starterPersona }),
});
if (twin.status !== 201) throw new Error(`no twin: ${await twin.text()}`);

say(`schemathesis for ${seconds} s, seed ${seed}`);
const folder = await mkdtemp(join(tmpdir(), 'twinloop-fuzz-'));
const limits = ['--max-time', String(seconds), '--seed', String(seed), '--request-timeout', '20'];
const result = await runCommand(
  found.command,
  ['--config-file', CONFIG, '--no-color', 'run', `${url}/openapi.json`, ...limits],
  // It keeps what it has learned where it runs.
  { cwd: folder, env: childEnvironment({ TWINLOOP_API_KEY: key }), timeoutMs: (seconds + GRACE_SECONDS) * 1_000 },
);
await rm(folder, { recursive: true, force: true });
say(result.output.trim());
for (const failure of new Set(failures)) say(`logged by the API: ${failure}`);
if (result.timedOut) say('schemathesis did not end and was stopped');
await server.drain();
await system.stop();
process.exit(result.code === 0 && failures.length === 0 ? 0 : 1);
