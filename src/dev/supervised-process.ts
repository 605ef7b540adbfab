import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Launch } from './run-as.ts';
import { killGroup } from './run-command.ts';

/** One that lived shorter than this crashed at its start. */
const SETTLED_MS = 30_000;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 30_000;
const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

export interface ProcessSpec {
  readonly name: string;
  readonly launch: Launch & { readonly cwd: string; readonly env?: NodeJS.ProcessEnv };
  readonly stopSignal: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  readonly stopTimeoutMs: number;
  readonly logFile: string;
  readonly pidFile: string;
}

/** Milliseconds to wait before a process is started again that has crashed `crashes` times in a row at its start. */
export function restartDelay(crashes: number): number {
  return crashes <= 1 ? FIRST_DELAY_MS : Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** (crashes - 2));
}

/**
 * A process of its own (it outlives us if we are killed) that is started again whenever it ends, until stop().
 * Its output goes to a file, not through us: a pipe would break when we are gone.
 */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  /** How often in a row it ended soon after its start. */
  crashes = 0;
  readonly #report: (line: string) => void;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(spec: ProcessSpec, report: (line: string) => void) {
    this.spec = spec;
    this.#report = report;
  }

  start(): void {
    if (this.#stopping) return;
    const { launch, logFile, pidFile } = this.spec;
    // Also when the data folder was deleted under us: what is started again has to be able to say why it fails.
    for (const file of [logFile, pidFile]) mkdirSync(dirname(file), { recursive: true });
    rotate(logFile);
    const log = openSync(logFile, 'a');
    const { command, args, ...options } = launch;
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    const startedAt = Date.now();
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`);
    child.once('error', (error) => this.#ended(startedAt, error.message));
    child.once('exit', (code, signal) => this.#ended(startedAt, signal ?? `exit code ${code}`));
  }

  /** Ends it for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const { pid } = child;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill(this.spec.stopSignal);
      const timer = setTimeout(() => {
        this.#report(`${this.spec.name} did not stop within ${this.spec.stopTimeoutMs / 1_000} s and is killed`);
        killGroup(pid);
      }, this.spec.stopTimeoutMs);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.spec.pidFile, { force: true });
  }

  /** Ends it now, without a chance to tidy up. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    if (this.#child?.pid !== undefined) killGroup(this.#child.pid);
    rmSync(this.spec.pidFile, { force: true });
  }

  /** The last lines of its log. */
  async logTail(lines: number): Promise<string> {
    const text = await readFile(this.spec.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  #ended(startedAt: number, how: string): void {
    if (this.#stopping) return;
    this.crashes = Date.now() - startedAt < SETTLED_MS ? this.crashes + 1 : 1;
    const delay = restartDelay(this.crashes);
    const { name, logFile } = this.spec;
    this.#report(
      this.crashes < 3
        ? `${name} ended (${how}): it is started again`
        : `${name} ended ${this.crashes} times soon after its start (${how}): next try in ${delay / 1_000} s; its log is ${logFile}`,
    );
    this.#restart = setTimeout(() => this.start(), delay);
  }
}

function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST_LOG_BYTES) renameSync(file, `${file}.1`);
}
