import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createAdaptorServer } from '@hono/node-server';

/** How long a client may take to send a request; after that Node answers 408 and closes the connection. */
const TIME_TO_SEND = {
  /** Headers come in one packet; who sends them byte by byte only wants to hold a connection. */
  headersTimeout: 10_000,
  /** With the body: the largest batch, 8 MiB, comes through 1.2 Mbit/s. Not how long the answer may take. */
  requestTimeout: 60_000,
  /** Node looks no more often than this; its own default would make both half a minute longer. */
  connectionsCheckingInterval: 5_000,
};
/** How long requests under way may take once the server begins to stop. */
const DRAIN_MS = 10_000;
/** How long connections are still taken then, and those that are kept still answered: under steady load, all of it. */
const LISTEN_MS = 3_000;
/** Without a request for so long, clients have seen /readyz, or there are none. */
const QUIET_MS = 500;
const CLOSE_MS = 2_000;
const POLL_MS = 20;
const IDLE_TURN_MS = 0.2;

export interface ApiServer {
  readonly port: number;
  /**
   * Ends in order: answers whatever comes (and /readyz, which says no by now) and lets each connection end with its
   * answer, until none is left, nobody asked for 500 ms, or for 3 s; takes no connection any more; gives those that are
   * kept as long again; closes what is idle and answers the rest. Resolves when all are closed, after 18 s at most.
   */
  drain(): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly timeToSend?: Partial<typeof TIME_TO_SEND>;
}

/** Listens. Throws what `listen` throws: the port may be in use, or not ours to take. */
export async function serveApp(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, timeToSend }: ListenOptions,
): Promise<ApiServer> {
  const server = createAdaptorServer({ fetch, serverOptions: { ...TIME_TO_SEND, ...timeToSend } }) as Server;
  // Longer than a proxy keeps a connection: it must not send into one that we are closing.
  server.keepAliveTimeout = 65_000;
  let underWay = 0;
  let draining = false;
  let lastRequest = Date.now();
  server.prependListener('request', (_request, response) => {
    underWay += 1;
    lastRequest = Date.now();
    response.once('close', () => (underWay -= 1));
    if (draining) response.shouldKeepAlive = false;
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async drain() {
      draining = true;
      const begun = Date.now();
      lastRequest = begun;
      const quiet = (): boolean => underWay === 0 && Date.now() > lastRequest + QUIET_MS;
      await until(async () => (await connections(server)) === 0 || quiet(), LISTEN_MS);
      await emptyBacklog();
      const closed = once(server, 'close');
      // Not `server.close()`: it ends kept connections at once, and with them the request that is on its way in one.
      TcpServer.prototype.close.call(server);
      await until(async () => (await connections(server)) === 0 || quiet(), LISTEN_MS);
      server.closeIdleConnections();
      await until(async () => underWay === 0, DRAIN_MS);
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function until(done: () => Promise<boolean>, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !(await done()) && Date.now() < end;) await sleep(POLL_MS);
}

const connections = (server: Server): Promise<number> => promisify(server.getConnections.bind(server))();

/**
 * Resolves at the end of a turn of the event loop in which nothing else ran: connections were taken a moment ago. One
 * that stood in the backlog would be reset.
 */
async function emptyBacklog(): Promise<void> {
  for (let turns = 0; turns < 1_000; turns += 1) {
    const begun = performance.now();
    await setImmediate();
    if (performance.now() - begun < IDLE_TURN_MS) return;
  }
}
