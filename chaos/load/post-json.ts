import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

export interface Answer {
  /** Undefined when there was none. */
  readonly status?: number;
  readonly body: string;
  /** Why there was none: Node's code, or `timeout`. */
  readonly failed?: string;
}

/** Sends JSON over a connection that is kept, as chats do. Never rejects: what went wrong is the answer. */
export function postJson(
  url: string,
  apiKey: string,
  body: string,
  timeoutMs: number,
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(url, { method, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      response.on('error', fail);
    });
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      resolve({ body: '', failed: error.code ?? error.message });
    };
    const timer = setTimeout(() => sent.destroy(Object.assign(new Error('no answer'), { code: 'timeout' })), timeoutMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', fail);
    sent.end(body);
  });
}
