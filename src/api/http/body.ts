import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './env.ts';
import { ApiProblem, validationProblem } from './problems.ts';
import { textErrors } from './text.ts';

const KIB = 1_024;
export const BODY_LIMITS = { default: 64 * KIB, feedback: 128 * KIB, batch: 8 * KIB * KIB, spec: KIB * KIB } as const;

export interface BodyRules {
  readonly limit: number;
  /** No body is an empty object. */
  readonly optional?: boolean;
  /** The items of a batch are checked one by one, so that a bad one does not spoil the rest. */
  readonly textChecked?: 'here' | 'by_item';
}

/** Reads a JSON body once, within its limit. The validators behind it get the value from `c.req.json()`. */
export function readBody({ limit, optional = false, textChecked = 'here' }: BodyRules): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const bytes = await readBytes(c.req.raw, limit).catch(cutShort);
    const empty = bytes.byteLength === 0;
    if (!(empty && optional)) requireJson(c.req.header('content-type'), c.req.header('content-encoding'), empty);
    const value: unknown = empty && optional ? {} : parseJson(bytes);
    if (textChecked === 'here') {
      const errors = textErrors(value);
      if (errors.length > 0) throw validationProblem(errors);
    }
    // Read and parsed once: what comes later finds the result here.
    Object.assign(c.req.bodyCache, { text: Promise.resolve('') });
    c.req.json = <T>() => Promise.resolve(value as T);
    await next();
  };
}

function requireJson(type: string | undefined, encoding: string | undefined, empty: boolean): void {
  const plain = encoding === undefined || encoding.toLowerCase() === 'identity';
  const json = /^application\/json\s*(;|$)/i.test(type ?? '');
  if (json && plain) return;
  // Without a body there is nothing of the wrong type, only something missing.
  if (empty && type === undefined) throw new ApiProblem('malformed-json', 'There is no body; a JSON object is needed.');
  throw new ApiProblem('unsupported-media-type', 'Send the body as application/json, not compressed.');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    // The message of a JSON error may quote the body, so it says only where.
    const at = /position (\d+)/.exec((cause as Error).message)?.[1];
    throw new ApiProblem(
      'malformed-json',
      `The body is not UTF-8 JSON${at === undefined ? '' : ` (at character ${at})`}.`,
    );
  }
}

function tooLarge(limit: number): ApiProblem {
  return new ApiProblem('payload-too-large', `The body is larger than ${limit / KIB} KiB.`, {
    headers: { connection: 'close' },
  });
}

/** Whoever hangs up inside a body, or is too slow with it: nobody reads this answer, but it is no failure of ours. */
function cutShort(cause: unknown): never {
  if (cause instanceof ApiProblem) throw cause;
  throw new ApiProblem('malformed-json', 'The connection ended before the whole body was there. Send it again.');
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > limit) throw tooLarge(limit);
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > limit) throw tooLarge(limit);
    return bytes;
  }
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
