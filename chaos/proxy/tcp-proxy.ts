import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../src/dev/ports.ts';

/** Sees what goes through one connection, and decides what goes on; it may take its time. */
export interface Tap {
  fromClient(chunk: Buffer): AsyncIterable<Buffer>;
  fromServer(chunk: Buffer): AsyncIterable<Buffer>;
}

/** Thrown by a tap: both sides of the connection are cut, and nothing more is forwarded. */
export class Cut extends Error {
  override name = 'Cut';
}

/** A TCP proxy on a port of its own, which can be made a black hole: it accepts, and forwards nothing. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #hole: { readonly ended: Promise<void>; readonly end: () => void } | undefined;
  /** Bytes that a black hole has kept back: proof that there was something to lose. */
  withheld = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async listen(targetPort: number, createTap?: () => Tap): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server, await freePort());
    server.on('connection', (client) => void proxy.#serve(client, targetPort, createTap?.()));
    server.listen(proxy.port, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** From now on nothing is forwarded, in either direction; what was sent meanwhile arrives when it ends. */
  blackHole(): void {
    if (this.#hole !== undefined) return;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#hole = { ended, end };
    this.withheld = 0;
  }

  endBlackHole(): void {
    this.#hole?.end();
    this.#hole = undefined;
  }

  /** Refuses connections and cuts those that there are: what was behind it is gone. */
  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.endBlackHole();
    this.#server.close();
    this.cut();
  }

  async #serve(client: Socket, targetPort: number, tap: Tap | undefined): Promise<void> {
    this.#hold(client);
    await this.#hole?.ended;
    if (client.destroyed) return;
    const server = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    this.#hold(server);
    await Promise.all([
      this.#pump(client, server, tap?.fromClient.bind(tap)),
      this.#pump(server, client, tap?.fromServer.bind(tap)),
    ]);
  }

  /** Until it is closed, so that nothing is forgotten when all are cut. */
  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    // One that breaks is told by its end; the other side is closed by the pump.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #pump(from: Socket, to: Socket, tap: Tap['fromClient'] | undefined): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        while (this.#hole !== undefined) {
          this.withheld += chunk.length;
          await this.#hole.ended;
        }
        if (tap === undefined) await write(to, chunk);
        else for await (const part of tap(chunk)) await write(to, part);
      }
      to.end();
    } catch (error) {
      from.destroy();
      to.destroy();
      if (!(error instanceof Cut) && !isBroken(error)) throw error;
    }
  }
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (to.destroyed || to.write(chunk)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]);
}

const isBroken = (error: unknown): boolean => error instanceof Error && 'code' in error;
