import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.ts';
import { freePort } from '../../src/dev/ports.ts';
import { waitUntil } from '../../src/dev/readiness.ts';

const SCRIPT = fileURLToPath(new URL('../../temporal-dev.sh', import.meta.url));
const START_TIMEOUT_MS = 120_000;

/** temporal-dev.sh as a user runs it, on ports and a data folder of its own. */
export class LocalSystem {
  readonly #environment: NodeJS.ProcessEnv;
  readonly dataDir: string;
  readonly #children: ChildProcess[] = [];
  output = '';

  private constructor(dataDir: string, environment: NodeJS.ProcessEnv) {
    this.dataDir = dataDir;
    this.#environment = environment;
  }

  static async create(dataDir: string, more: Readonly<Record<string, string>> = {}): Promise<LocalSystem> {
    const names = ['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT'];
    const ports: [string, string][] = [];
    for (const name of names) ports.push([name, String(await freePort())]);
    const ambient = /^(TEMPORAL|TWINLOOP|FEEDBACK_LEARNING)_(?!CLI$)|^(DATABASE_URL|HOST)$/;
    const environment = childEnvironment({ DATA_DIR: dataDir, ...Object.fromEntries(ports), ...more }, (name) =>
      ambient.test(name),
    );
    return new LocalSystem(dataDir, environment);
  }

  /** Another one on the same data folder and ports. */
  twin(): LocalSystem {
    return new LocalSystem(this.dataDir, this.#environment);
  }

  start(): ChildProcess {
    this.output = '';
    // From another folder and in a group of its own, as in a terminal of its own.
    const child = spawn(SCRIPT, [], {
      cwd: tmpdir(),
      env: this.#environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.#children.push(child);
    return child;
  }

  /** Starts it and returns the values under `twinloop ready`. */
  async ready(): Promise<Record<string, string>> {
    const child = this.start();
    const isReady = async (): Promise<boolean> => /^twinloop ready\n(.+\n){7}/m.test(this.output);
    await waitUntil(isReady, START_TIMEOUT_MS, () => child.exitCode !== null);
    assert.ok(await isReady(), this.output);
    const block = this.output.slice(this.output.indexOf('twinloop ready\n')).split('\n').slice(1, 8);
    return Object.fromEntries(block.map((line) => /^([a-z-]+): (.*)$/.exec(line)?.slice(1) ?? assert.fail(line)));
  }

  /** Sends a signal to the whole group, as Ctrl-C does, or to the script alone; returns the exit code. */
  async signal(signal: NodeJS.Signals, to: 'group' | 'script' = 'script'): Promise<number | null> {
    const child = this.#children.at(-1);
    assert.ok(child?.pid !== undefined && child.exitCode === null, this.output);
    const exit = once(child, 'exit');
    process.kill(to === 'group' ? -child.pid : child.pid, signal);
    await exit;
    return child.exitCode;
  }

  /** Command lines of all processes that name the data folder. */
  processes(): string[] {
    return commandLines().filter((line) => line.includes(`${this.dataDir}/`));
  }

  /** Ends whatever a failed test left. */
  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
  }
}

function commandLines(): string[] {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-axo', 'command='], { encoding: 'utf8' }).stdout.split('\n');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch (error) {
        // It ended while we were looking.
        assert.ok(error instanceof Error && 'code' in error);
        return '';
      }
    });
}
