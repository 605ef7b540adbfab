/** One message of PostgreSQL's frontend/backend protocol 3, whole. */
export interface Message {
  /** Its first byte; empty for the first message of a connection, which has none. */
  readonly type: string;
  /** What follows type and length. */
  readonly body: Buffer;
  /** As it was on the wire. */
  readonly bytes: Buffer;
}

/** Cuts a stream into messages (PostgreSQL documentation, 55.7). `untyped`: it opens with a message without a type. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #untyped: boolean;

  constructor({ untyped }: { readonly untyped: boolean }) {
    this.#untyped = untyped;
  }

  *read(chunk: Buffer): Generator<Message> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = this.#untyped ? 0 : 1;
      if (this.#rest.length < head + 4) return;
      const length = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield { type: bytes.toString('latin1', 0, head), body: bytes.subarray(head + 4), bytes };
      this.#untyped = false;
    }
  }
}

/** The zero-terminated strings at the start of a message's body. */
export function texts(body: Buffer, count: number): string[] {
  const found: string[] = [];
  for (let at = 0; found.length < count;) {
    const end = body.indexOf(0, at);
    if (end === -1) break;
    found.push(body.toString('utf8', at, end));
    at = end + 1;
  }
  return found;
}

/** A simple query, as a client sends it. */
export function simpleQuery(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write('Q', 'latin1');
  head.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}
