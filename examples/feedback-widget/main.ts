import { serve } from '@hono/node-server';
import { createWidgetApp } from './app.ts';

const { TWINLOOP_URL, TWINLOOP_INGEST_KEY, TWIN_ID, WIDGET_PORT = '4444' } = process.env;
if (!TWINLOOP_INGEST_KEY || !TWIN_ID) {
  console.error('Set TWINLOOP_INGEST_KEY and TWIN_ID; see examples/feedback-widget/README.md.');
  process.exit(1);
}
const app = createWidgetApp({
  apiUrl: TWINLOOP_URL ?? 'http://127.0.0.1:3000',
  apiKey: TWINLOOP_INGEST_KEY,
  twinId: TWIN_ID,
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(WIDGET_PORT) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});
