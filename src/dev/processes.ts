import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from './run-command.ts';

/** The command line of a process, or undefined when there is none of that id (or it has ended and waits to be reaped). */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return line === '' ? undefined : line.replaceAll('\0', ' ').trim();
  }
  const { code, output } = await runCommand('ps', ['-o', 'command=', '-p', String(pid)], { timeoutMs: 10_000 });
  return code === 0 && output.trim() !== '' ? output.trim() : undefined;
}

/** The process id in a file, or undefined when there is no file or no id in it. */
export async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text.trim());
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

export interface StopRequest {
  readonly pid: number;
  readonly signal: NodeJS.Signals;
  /** Then it is killed. */
  readonly timeoutMs: number;
}

/** Ends a process that is not our child. Resolves when it is gone. */
export async function stopStranger({ pid, signal, timeoutMs }: StopRequest): Promise<void> {
  process.kill(pid, signal);
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if ((await commandLineOf(pid)) === undefined) return;
    await sleep(100);
  }
  process.kill(pid, 'SIGKILL');
  while ((await commandLineOf(pid)) !== undefined) await sleep(50);
}
