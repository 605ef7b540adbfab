import { parseArgs } from 'node:util';
import { Hono } from 'hono';
import { serveApp } from '../../../src/api/serve.ts';

/** A vote as every route of this benchmark gets it. */
export interface PostedVote {
  readonly trace_id: string;
  readonly twin_id: string;
  readonly event_id: string;
  readonly rater_id: string;
  readonly score: number;
  readonly reason?: string;
  readonly comment?: string;
  readonly intent_label: string;
  readonly module_ids: readonly string[];
}

export interface BaselineArguments {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
}

/** The least a careful route checks; the ids are the load generator's own. */
function isVote(body: unknown): body is Omit<PostedVote, 'trace_id'> {
  if (typeof body !== 'object' || body === null) return false;
  const { twin_id, event_id, score } = body as Record<string, unknown>;
  return typeof twin_id === 'string' && typeof event_id === 'string' && (score === 1 || score === -1);
}

/** Serves `POST /feedback/:trace_id` with the framework and the server that Twinloop uses; answers 202 after `store`. */
export async function serveBaseline(
  connect: (args: BaselineArguments) => Promise<(vote: PostedVote) => Promise<void>>,
): Promise<void> {
  const text = { type: 'string', default: '' } as const;
  const { values } = parseArgs({ options: { port: text, 'database-url': text, 'temporal-address': text } });
  const store = await connect({
    databaseUrl: values['database-url'],
    temporalAddress: values['temporal-address'],
  });
  const app = new Hono();
  app.get('/readyz', (c) => c.json({ ready: true }));
  app.post('/feedback/:trace_id', async (c) => {
    const body: unknown = await c.req.json();
    if (!isVote(body)) return c.json({ success: false }, 400);
    const trace_id = c.req.param('trace_id');
    await store({ ...body, trace_id });
    return c.json({ success: true, trace_id, event_id: body.event_id }, 202);
  });
  await serveApp(app.fetch, { host: '127.0.0.1', port: Number(values.port) });
}
