import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface MuteProxy {
  readonly address: string;
  /** While true, what is sent arrives and no answer comes back. */
  muted: boolean;
  close(): void;
}

/** Stands between a client and a server, and can lose the answers on their way. */
export async function startMuteProxy(target: string): Promise<MuteProxy> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.push(socket);
      // The other end is gone: so is the call, which the test asks about.
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (!proxy.muted) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('no port');
  const proxy: MuteProxy = {
    address: `127.0.0.1:${bound.port}`,
    muted: false,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return proxy;
}
