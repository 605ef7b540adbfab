import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { KeyPair } from './certificates.ts';

/** Length and code of Postgres' SSLRequest, which comes in clear before the handshake. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export interface TlsProxyOptions {
  /** Where what it decrypts goes. */
  readonly port: number;
  readonly identity: KeyPair;
  /** Only clients with a certificate of this authority are let in; undefined: anybody. */
  readonly clientsOf?: string;
  /** What is behind it speaks gRPC, or Postgres' protocol with its question before the handshake. */
  readonly protocol: 'grpc' | 'postgres';
}

export interface TlsProxy {
  readonly port: number;
  /** Connections that came to speak over TLS, certificate and all. */
  admitted(): number;
  stop(): Promise<void>;
}

/** Ends TLS in front of a server of this machine that has none. */
export async function startTlsProxy({ port, identity, clientsOf, protocol }: TlsProxyOptions): Promise<TlsProxy> {
  const sockets = new Set<Socket>();
  let admitted = 0;
  const secureContext = createSecureContext({
    cert: readFileSync(identity.cert),
    key: readFileSync(identity.key),
    ...(clientsOf === undefined ? {} : { ca: readFileSync(clientsOf) }),
  });
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };

  const serve = (plain: Socket): void => {
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext,
      requestCert: clientsOf !== undefined,
      rejectUnauthorized: clientsOf !== undefined,
      ...(protocol === 'grpc' ? { ALPNProtocols: ['h2'] } : {}),
    });
    keep(secure);
    secure.on('secure', () => {
      if (clientsOf !== undefined && secure.authorizationError !== undefined && secure.authorizationError !== null) {
        return void secure.destroy();
      }
      admitted += 1;
      const behind = connect(port, '127.0.0.1');
      keep(behind);
      behind.on('close', () => secure.destroy());
      secure.on('close', () => behind.destroy());
      secure.pipe(behind).pipe(secure);
    });
  };

  const server = createServer((plain) => {
    keep(plain);
    if (protocol === 'grpc') return serve(plain);
    plain.once('data', (first) => {
      if (!first.equals(SSL_REQUEST)) return void plain.destroy();
      plain.write('S');
      serve(plain);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    admitted: () => admitted,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
