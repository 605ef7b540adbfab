import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from './user-error.ts';

const LOWEST_OFFER = 20_000;
const HIGHEST_OFFER = 32_000;

export interface WantedPort {
  /** The environment variable that moves it. */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  /** What will listen there. */
  readonly use: string;
}

/** Throws one UserError that names each port that is taken, and the variable that moves it. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems: string[] = [];
  for (const [index, { variable, host, port, use }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((other) => other.port === port);
    if (twin !== undefined) problems.push(`${variable} and ${twin.variable} are both ${port}: give each its own.`);
    else if (await isTaken(host, port)) {
      problems.push(
        `Port ${port} for ${use} is in use. Set ${variable} to a free one, such as ${variable}=${await freePort()}.`,
      );
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}

/** A port that nobody listens on now, below those that systems hand out to outgoing connections and so take at any time. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(LOWEST_OFFER, HIGHEST_OFFER);
    if (!(await isTaken('127.0.0.1', port))) return port;
  }
  throw new Error(`no free port between ${LOWEST_OFFER} and ${HIGHEST_OFFER}`);
}

/** Resolves to true once something accepts connections there, to false when `giveUp` says so or `timeoutMs` passed. */
export async function waitForPort(
  host: string,
  port: number,
  timeoutMs: number,
  giveUp: () => boolean = () => false,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && !giveUp()) {
    if (await accepts(host, port)) return true;
    await sleep(50);
  }
  return false;
}

/** By connecting too: some systems let a second listener bind beside one that listens on all addresses. */
async function isTaken(host: string, port: number): Promise<boolean> {
  const bindable = await new Promise<boolean>((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(new UserError(`HOST is ${host}, which is not an address of this machine (${error.code}).`));
      } else if (error.code === 'EACCES') {
        reject(new UserError(`Port ${port} may not be used by this user (${error.code}): choose one from 1024 on.`));
      } else reject(error);
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
  return !bindable || accepts(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port);
}

async function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', () => answer(true));
    socket.on('error', () => answer(false));
    socket.on('timeout', () => answer(false));
  });
}
