import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';

export interface WidgetOptions {
  /** Where Twinloop's API is, for this server and for browsers. */
  readonly apiUrl: string;
  /** A key with the role `ingest`: it stays here, the page only gets a token for its one vote. */
  readonly apiKey: string;
  readonly twinId: string;
}

const fileOf = (name: string) => readFile(new URL(`./${name}`, import.meta.url), 'utf8');

/** A chat's server in small: it serves the page, and prepares each answer together with a token to vote on it. */
export function createWidgetApp({ apiUrl, apiKey, twinId }: WidgetOptions) {
  const ask = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(`${apiUrl}/twins/${encodeURIComponent(twinId)}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };

  return new Hono()
    .get('/', async (c) => c.html(await fileOf('index.html')))
    .get('/widget.js', async (c) => c.body(await fileOf('widget.js'), 200, { 'content-type': 'text/javascript' }))
    .post('/answer', async (c) => {
      const query = 'Why is the sky blue?';
      const { trace_id } = await ask<{ trace_id: string }>('prompt', { query });
      // In production: the id of whoever is logged in, so that each visitor has a vote of their own.
      const binding = { trace_id, rater_id: crypto.randomUUID(), expires_in_seconds: 3_600 };
      const { token } = await ask<{ token: string }>('feedback-tokens', binding);
      // A real chat sends the prompt and the question to its model here.
      return c.json({ query, answer: 'Air scatters blue light more than red.', trace_id, token, api_url: apiUrl });
    });
}
