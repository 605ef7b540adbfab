import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';

/** How long requests under way may take once the server begins to stop. */
const DRAIN_MS = 10_000;
const CLOSE_MS = 2_000;
const POLL_MS = 20;

export interface ApiServer {
  readonly port: number;
  /**
   * Ends in order: answers what is under way (and /readyz, which says no by now), then takes no connection any more.
   * Resolves when all are closed, after 12 s at most.
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
      const end = Date.now() + DRAIN_MS;
      while (underWay > 0 && Date.now() < end) await sleep(POLL_MS);
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
