import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a scrape of the SDK's own listener may take, on the same machine. */
const SDK_TIMEOUT_MS = 2_000;
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

interface Answers {
  /** Our own metrics, in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Why the worker is of no use just now; empty when it is ready. Bounded in time, never rejects. */
  readonly problems: () => Promise<readonly string[]>;
  /** Where the Temporal SDK shows its metrics; undefined: nowhere. */
  readonly sdkUrl: string | undefined;
}

export interface MonitorServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

/** Listens for probes and Prometheus: /healthz, /readyz, and /metrics with the SDK's own. Throws what `listen` throws. */
export async function serveMonitor(
  { host, port }: { readonly host: string; readonly port: number },
  { metrics, problems, sdkUrl }: Answers,
): Promise<MonitorServer> {
  const routes: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => json(200, { status: 'ok' }),
    '/readyz': async () => {
      const found = await problems();
      return found.length === 0 ? json(200, { status: 'ready' }) : json(503, { status: 'not-ready', problems: found });
    },
    '/metrics': async () => {
      const [own, sdk] = await Promise.all([metrics(), sdkUrl === undefined ? '' : textOf(sdkUrl)]);
      return { status: 200, type: TEXT, body: `${own}${sdk}` };
    },
  };
  const server = createServer((request, response) => {
    const route = request.method === 'GET' ? routes[request.url?.split('?')[0] ?? ''] : undefined;
    const answer = route?.() ?? Promise.resolve(json(404, { status: 'not-found' }));
    void answer
      .catch(() => json(500, { status: 'failed' }))
      .then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Our figures are worth a scrape without the SDK's. */
async function textOf(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SDK_TIMEOUT_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '# the metrics of the Temporal SDK cannot be read just now\n';
  }
}

/** A port of this machine that nobody listens on now, for a listener that cannot be asked which it took. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
