import type { Payload, PayloadCodec } from '@temporalio/common';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { z } from 'zod';

/** The largest history page that the Web UI asks for, and then some. */
const MAX_BODY = 16 * 1_024 * 1_024;

const base64 = z.base64();
const bodySchema = z.object({
  // The command sends none at all where there are none.
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .default([]),
});
type PayloadJson = z.infer<typeof bodySchema>['payloads'][number];

const fromJson = ({ metadata = {}, data }: PayloadJson): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
  ...(data === undefined ? {} : { data: Buffer.from(data, 'base64') }),
});

const toJson = ({ metadata, data }: Payload): PayloadJson => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  ...(data ? { data: Buffer.from(data).toString('base64') } : {}),
});

/**
 * Temporal's remote codec protocol, for the Web UI and the `temporal` command: POST /decode and /encode with
 * `{ payloads: [...] }`, bytes in base64. Whoever reaches it reads what is encrypted, so it answers on this machine's own
 * names only, and pages of `origin` only. 422 for what cannot be decrypted.
 */
export function createCodecServer(codec: PayloadCodec, { origin }: { readonly origin: string }): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    // A page elsewhere can have its own name resolve to this machine; its requests then say that name.
    const { hostname } = new URL(`http://${c.req.header('host') ?? ''}`);
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return c.text('ask for 127.0.0.1 or localhost', 403);
    return next();
  });
  app.use(cors({ origin, allowMethods: ['POST'], allowHeaders: ['content-type', 'x-namespace'] }));
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.text('the body is too large', 413) }));
  for (const way of ['decode', 'encode'] as const) {
    app.post(`/${way}`, async (c) => {
      const body = bodySchema.safeParse(await c.req.json().catch(() => undefined));
      if (!body.success)
        return c.text('the body has to be { "payloads": [{ "metadata": {}, "data": "base64" }] }', 400);
      try {
        const payloads = await codec[way](body.data.payloads.map(fromJson));
        return c.json({ payloads: payloads.map(toJson) });
      } catch (error) {
        return c.text(error instanceof Error ? error.message : String(error), 422);
      }
    });
  }
  return app;
}
