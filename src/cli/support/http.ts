import { CliFailure, messageOf } from './failure.ts';

export interface HttpOptions {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Nobody answered, or not in time. The request may have been carried out. */
export class ApiUnreachableError extends CliFailure {
  override name = 'ApiUnreachableError';
}

/** The API answered with a problem (RFC 9457). */
export class ApiProblemError extends CliFailure {
  override name = 'ApiProblemError';
  readonly status: number;
  /** Seconds of Retry-After, where the API names any. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly request_id?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

function problemMessage(what: string, status: number, problem: Problem): string {
  const { title = `status ${status}`, detail, errors = [], request_id } = problem;
  const key = status === 401 || status === 403 ? ' The key is taken from TWINLOOP_API_KEY.' : '';
  const fields = errors.slice(0, 10).map((error) => `\n  ${error.pointer}: ${error.detail}`);
  const id = status >= 500 && request_id !== undefined ? ` (request ${request_id})` : '';
  return `${what}: ${title}. ${detail ?? ''}${key}${id}${fields.join('')}`;
}

async function problemOf(what: string, url: string, response: Response): Promise<CliFailure> {
  const type = response.headers.get('content-type') ?? 'no content type';
  if (!type.startsWith('application/problem+json')) {
    return new CliFailure(
      `${what}: ${url} does not answer as Twinloop's API does (status ${response.status}, ${type}): is TWINLOOP_URL right?`,
    );
  }
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new ApiProblemError(
    problemMessage(what, response.status, (await response.json()) as Problem),
    response.status,
    Number.isFinite(seconds) ? seconds : undefined,
  );
}

function unreachable(url: string, timeoutMs: number, cause: unknown): ApiUnreachableError {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  const code =
    cause instanceof Error && cause.cause instanceof Error && 'code' in cause.cause
      ? String(cause.cause.code)
      : messageOf(cause);
  const reason = late ? `no answer within ${Math.round(timeoutMs / 1_000)} s` : code;
  return new ApiUnreachableError(
    `Cannot reach the API at ${url} (${reason}): is temporal-dev.sh running? TWINLOOP_URL names another.`,
    { cause },
  );
}

/** Requests with a key; `take` gets the answer of a 2xx as it comes. Throws CliFailure and its kinds above. */
export function createHttpReader(url: string, key: string) {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new CliFailure('TWINLOOP_API_KEY holds characters that no key has.');
  const base = url.replace(/\/+$/, '');
  return async <T>(
    { method, path, body, headers, timeoutMs }: HttpOptions,
    take: (response: Response) => Promise<T>,
  ): Promise<T> => {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw await problemOf(`${method} ${path}`, base, response);
      return await take(response);
    } catch (error) {
      if (error instanceof CliFailure) throw error;
      throw unreachable(base, timeoutMs, error);
    }
  };
}

/** JSON over HTTP with a key; answers the body of a 2xx. */
export function createHttp(url: string, key: string) {
  const read = createHttpReader(url, key);
  return async <T>(options: HttpOptions): Promise<T> => {
    const text = await read(options, (response) => response.text());
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const what = `${options.method} ${options.path}`;
      throw new CliFailure(`${what}: ${url} answered with something that is not JSON: is TWINLOOP_URL right?`, {
        cause,
      });
    }
  };
}
