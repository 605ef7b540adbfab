import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Build } from '../../chaos/system/build.ts';
import { childEnvironment, loadConfig } from '../../src/config.ts';
import { freePort } from '../../src/dev/ports.ts';
import { waitUntil } from '../../src/dev/readiness.ts';
import { runCommand } from '../../src/dev/run-command.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { sharedBuild } from '../support/build.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { readCompose, readDockerfile, startOrder, textsOf } from './container-files.ts';
import { readRepositoryFile, ROOT } from '../docs/markdown.ts';

const START_MS = 60_000;
const COMMAND_MS = 60_000;
/** Of the image temporalio/temporal. */
const TEMPORAL_ENTRYPOINT = 'temporal';
const IMPORTS = /^(?:import|export)\b(?:[^;]*? from)? ?'([^']+)'|\bimport\('([^']+)'\)/gm;
/** They would download, which no test does: the dependencies of this checkout stand in for theirs. */
const INSTALLS = /^npm ci( --omit=dev --workspaces=false)? --ignore-scripts --no-audit --no-fund$/;

/** What the containers run, run without them: same commands, same order, other paths, ports and hosts. */
describe('what the containers run', function () {
  this.timeout(120_000);
  const stages = readDockerfile();
  const compose = readCompose();
  const children: ChildProcess[] = [];
  let build: Build;
  let tools: string;
  let database: TestDatabase;
  let ports: { readonly temporal: number; readonly ui: number; readonly api: number };
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    build = await sharedBuild();
    tools = join(build.folder, 'tools');
    await mkdir(tools);
    database = await createEmptyDatabase();
    ports = { temporal: await freePort(), ui: await freePort(), api: await freePort() };
    const { temporal, path, cacheDir } = loadConfig();
    const cli = await findTemporalCli({ explicit: temporal.cli, path, cacheDir });
    const ambient = /^(TEMPORAL|TWINLOOP|FEEDBACK_LEARNING|LLM)_|^(HOST|PORT|DATABASE_URL|DATA_DIR|NODE_ENV)$/;
    const fixed = textsOf(stages, 'ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=')));
    const composed = compose.services['api']?.environment ?? {};
    const set = Object.fromEntries([...fixed, ...Object.entries(composed)]) as Record<string, string>;
    assert.deepEqual(set['TEMPORAL_ADDRESS'], 'temporal:7233');
    assert.match(set['DATABASE_URL'] ?? '', /@postgres:5432\/twinloop$/);
    environment = childEnvironment(
      {
        ...set,
        DATABASE_URL: database.url,
        TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
        PORT: String(ports.api),
        HOST: '127.0.0.1',
        HOME: build.folder,
        PATH: [tools, dirname(cli.path ?? assert.fail('no Temporal CLI')), path].join(':'),
      },
      (name) => ambient.test(name),
    );
  });
  after(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
    await database?.drop();
  });

  /** A word of a command as it is outside of the container. */
  const outside = (word: string): string =>
    word
      .replace('/app/', `${build.folder}/`)
      .replace('/usr/local/bin/', `${tools}/`)
      .replace('/data/', `${build.folder}/`)
      .replace('0.0.0.0', '127.0.0.1')
      .replace('7233', String(ports.temporal))
      .replace('8233', String(ports.ui));
  const options = () => ({ cwd: build.folder, env: environment });

  async function run(words: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const [command = '', ...args] = words.map(outside);
    return runCommand(command, args, { ...options(), timeoutMs: COMMAND_MS });
  }

  function start(words: readonly string[]): { readonly child: ChildProcess; readonly log: () => string } {
    const [command = '', ...args] = words.map(outside);
    const child = spawn(command, args, { ...options(), stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    return { child, log: () => log };
  }

  async function healthy(test: readonly string[], { child, log }: ReturnType<typeof start>): Promise<void> {
    const [kind, ...command] = test;
    assert.equal(kind, 'CMD');
    const passes = async () => (await run(command)).code === 0;
    assert.ok(await waitUntil(passes, START_MS, () => child.exitCode !== null), log());
  }

  const commandOf = (instruction: string): string[] =>
    JSON.parse(textsOf(stages.slice(-1), instruction)[0]?.replace(/^.*?(CMD )?\[/, '[') ?? 'null') as string[];

  it('builds what the image has', async () => {
    for (const line of textsOf(stages, 'RUN')) {
      if (INSTALLS.test(line) || line === 'npm run build') continue;
      if (line.startsWith('find node_modules/')) {
        // On a copy of the folder's shape: the checkout's own is not to be touched.
        const releases = 'node_modules/@temporalio/core-bridge/releases';
        const copy = join(build.folder, 'copy');
        for (const name of await readdir(join(ROOT, releases))) {
          await mkdir(join(copy, releases, name, 'inside'), { recursive: true });
        }
        const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: copy, encoding: 'utf8' });
        assert.equal(status, 0, stderr);
        const machine = spawnSync('uname', ['-m'], { encoding: 'utf8' }).stdout.trim();
        if (process.platform === 'linux') {
          assert.deepEqual(await readdir(join(copy, releases)), [`${machine}-unknown-linux-gnu`]);
        }
        continue;
      }
      await cp(join(ROOT, 'bin'), join(build.folder, 'bin'), { recursive: true });
      const { code, output } = await run(['sh', '-c', line.split(' ').map(outside).join(' ')]);
      assert.equal(code, 0, output);
    }
    const { code, output } = await run(['twinloop', '--version']);
    assert.equal(code, 0, output);
  });

  it('starts in the order of compose.yaml, each once what it needs is well, and serves', async () => {
    const services = startOrder(compose);
    assert.deepEqual(services, ['postgres', 'temporal', 'migrate', 'worker', 'api']);
    const { postgres, temporal, migrate, worker, api } = compose.services;

    const ready = postgres?.healthcheck?.test ?? [];
    if (spawnSync('pg_isready', ['--version']).status === 0) {
      const port = `--port=${new URL(database.url).port}`;
      assert.equal((await run([...ready.slice(1), port])).code, 0);
    } else process.stdout.write('      skipped: no pg_isready on PATH\n');

    await healthy(temporal?.healthcheck?.test ?? [], start([TEMPORAL_ENTRYPOINT, ...(temporal?.command ?? [])]));
    const migrated = await run(migrate?.command ?? []);
    assert.equal(migrated.code, 0, migrated.output);
    assert.match(migrated.output, /"check": "schedule",\n +"status": "fixed"/);
    const again = await run(migrate?.command ?? []);
    assert.equal(again.code, 0, again.output);

    const working = start(worker?.command ?? []);
    assert.equal(api?.command, undefined, 'the image serves unless told otherwise');
    const serving = start(commandOf('CMD'));
    await healthy(['CMD', ...commandOf('HEALTHCHECK')], serving);
    assert.ok(await waitUntil(async () => working.log().includes('worker is polling'), START_MS), working.log());

    const documented = /exec api (twinloop keys create .+)$/m.exec(readRepositoryFile('compose.yaml'))?.[1] ?? '';
    const keyOutput = await runCommand('sh', ['-c', `${documented} 2>/dev/null`], {
      ...options(),
      timeoutMs: COMMAND_MS,
    });
    const { key } = JSON.parse(keyOutput.output) as { key: string };
    environment = { ...environment, TWINLOOP_API_KEY: key };
    const doctor = await run(['twinloop', 'doctor']);
    assert.equal(doctor.code, 0, doctor.output);

    const answer = await fetch(`http://127.0.0.1:${ports.api}/twins`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'First' }),
    });
    assert.equal(answer.status, 201, await answer.text());
    for (const { child, log } of [serving, working]) {
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      assert.equal(code, 0, log());
    }
    assert.equal((await run(commandOf('HEALTHCHECK'))).code, 1, 'the health check fails once nobody answers');
  });

  it('imports only production dependencies', async () => {
    const { dependencies } = JSON.parse(readRepositoryFile('package.json')) as { dependencies: object };
    const entries = ['server.js', 'worker.js', 'cli/main.js'].map((name) => build.file(name));
    const files = new Set(entries);
    const packages = new Set<string>();
    for (const file of files) {
      const code = await readFile(file, 'utf8');
      for (const [, fixed, late] of code.matchAll(IMPORTS)) {
        const name = fixed ?? late ?? '';
        if (name.startsWith('.')) files.add(join(dirname(file), name));
        else if (!name.startsWith('node:')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
      }
    }
    assert.ok(files.size > 100, `only ${files.size} files`);
    assert.deepEqual(
      [...packages].filter((name) => !(name in dependencies)),
      [],
    );
  });
});
