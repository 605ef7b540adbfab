import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './env.ts';

/** Half a year, as hono's and helmet's defaults were for long: enough for browsers, short enough to get out of again. */
const HSTS: readonly [string, string] = ['strict-transport-security', 'max-age=15552000'];

/** For answers that are data and never a page: a browser shall run, frame, guess and keep nothing of them. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-store'],
];

/** Sets on every answer the headers that it has not set itself. `behindTls`: browsers shall come by HTTPS only. */
export function securityHeaders({ behindTls }: { readonly behindTls: boolean }): MiddlewareHandler<ApiEnv> {
  const wanted = behindTls ? [...HEADERS, HSTS] : HEADERS;
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of wanted) if (!headers.has(name)) headers.set(name, value);
  };
}
