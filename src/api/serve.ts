import { once } from 'node:events';
import type { Server } from 'node:http';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';

/** How long requests under way may take once the server begins to stop. */
const DRAIN_MS = 10_000;
/** How long connections are still taken then: under steady load some request is always under way. */
const LISTEN_MS = 3_000;
const CLOSE_MS = 2_000;
const POLL_MS = 20;

export interface ApiServer {
  readonly port: number;
  /**
   * Ends in order: answers what is under way (and /readyz, which says no by now), takes no connection any more once
   * nothing is, or after 3 s, and answers the rest. Resolves when all are closed, after 12 s at most.
   */
  drain(): Promise<void>;
}

/** Listens. Throws what `listen` throws: the port may be in use, or not ours to take. */
export async function serveApp(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ApiServer> {
  const server = createAdaptorServer({ fetch }) as Server;
  // Longer than a proxy keeps a connection: it must not send into one that we are closing.
  server.keepAliveTimeout = 65_000;
  let underWay = 0;
  let draining = false;
  server.prependListener('request', (_request, response) => {
    underWay += 1;
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
      const answered = async (ms: number): Promise<void> => {
        while (underWay > 0 && Date.now() < begun + ms) await sleep(POLL_MS);
      };
      await answered(LISTEN_MS);
      // Right after connections were taken: one that still stood in the backlog would be reset.
      await setImmediate();
      const closed = once(server, 'close');
      server.close();
      await answered(DRAIN_MS);
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
