import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StartAnswer, StartRequest } from './server-messages.ts';

let owner: ChildProcess | undefined;
const started = new Map<StartRequest['start'], Promise<StartAnswer>>();

/** Starts a server of this test run, or finds the one already started. Its owner stops it when the run ends in any way. */
export async function startServer(start: 'postgres'): Promise<{ readonly port: number }>;
export async function startServer(start: 'temporal'): Promise<{ readonly address: string }>;
export async function startServer(start: StartRequest['start']): Promise<object> {
  const running = started.get(start) ?? ask(start);
  started.set(start, running);
  const answer = await running;
  // Nothing here keeps the tests' process alive: when it ends, in any way, the channel closes and the owner cleans up.
  owner?.unref();
  owner?.channel?.unref();
  if ('failed' in answer) throw new Error(answer.message);
  return answer;
}

async function ask(start: StartRequest['start']): Promise<StartAnswer> {
  // Detached: Ctrl-C reaches the tests alone, and their end stops the servers in order.
  owner ??= fork(fileURLToPath(new URL('server-process.ts', import.meta.url)), { detached: true, stdio: 'inherit' });
  const child = owner;
  child.ref();
  child.channel?.ref();
  return new Promise((resolve, reject) => {
    child.on('message', (answer: StartAnswer) => {
      if (('failed' in answer ? answer.failed : answer.started) === start) resolve(answer);
    });
    child.on('exit', (code) => reject(new Error(`the process that owns the test servers ended (${code})`)));
    child.send({ start } satisfies StartRequest);
  });
}
