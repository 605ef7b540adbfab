import { connect, type Socket } from 'node:net';

const TIMEOUT_MS = 30_000;

/**
 * One keep-alive HTTP/1.1 connection with one request under way at most. It reads no more of an answer than its status
 * and its end: what a general client spends on a request would be taken from the server on a shared core.
 */
export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received = '';
  #settle: ((status: number | undefined) => void) | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Resolves to the status, or to undefined when the connection broke before the answer was whole. */
  send(request: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, timeout: TIMEOUT_MS });
    this.#received = '';
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    // 'close' follows both.
    socket.on('error', () => socket.destroy());
    socket.on('timeout', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#answer(undefined);
    });
    return socket;
  }

  #take(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head === -1) return;
    const headers = this.#received.slice(0, head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
    const whole =
      length === undefined
        ? this.#received.endsWith('\r\n0\r\n\r\n')
        : this.#received.length >= head + 4 + Number(length);
    if (!whole) return;
    this.#received = '';
    this.#answer(Number(headers.slice(9, 12)));
    if (/\r\nconnection: *close/i.test(headers)) {
      const old = this.#socket;
      this.#socket = undefined;
      old?.destroy();
    }
  }

  #answer(status: number | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(status);
  }
}
