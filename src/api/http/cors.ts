import { cors } from 'hono/cors';

/** How long a browser may keep the answer to a preflight; none keeps one longer than two hours. */
const PREFLIGHT_SECONDS = 7_200;

/** Lets pages of these origins call the API, with the headers that it reads and writes. Never with cookies. */
export const allowOrigins = (origins: readonly string[]) =>
  cors({
    origin: [...origins],
    allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'if-none-match', 'prefer', 'x-request-id'],
    exposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id'],
    maxAge: PREFLIGHT_SECONDS,
  });
