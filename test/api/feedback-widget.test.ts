import assert from 'node:assert/strict';
import { createWidgetApp } from '../../examples/feedback-widget/app.ts';
import { serveApp } from '../../src/api/serve.ts';
import { launchBrowser } from '../support/browser.ts';
import { openTestApi, type TestApi } from './harness.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

describe('the feedback widget example', () => {
  it('votes from a page of another origin, and the page never has the key', async function () {
    const browser = await launchBrowser(this);
    // The API must know the page's origin, and the page's server the API's address: the page listens first.
    let answer: (request: Request) => Response | Promise<Response> = () => new Response('', { status: 503 });
    const page = await serveApp((request) => answer(request), LOCAL);
    const origin = `http://127.0.0.1:${page.port}`;
    const api: TestApi = await openTestApi({ corsOrigins: [origin] });
    const server = await serveApp(api.app.fetch, LOCAL);
    try {
      const twinId = await api.twin();
      const widget = createWidgetApp({ apiUrl: `http://127.0.0.1:${server.port}`, apiKey: api.keys.ingest, twinId });
      answer = (request) => widget.fetch(request);
      const tab = await browser.newPage();
      const sent: string[] = [];
      tab.on('request', (request) => sent.push(JSON.stringify(request.headers())));
      tab.on('response', async (response) => sent.push(await response.text().catch(() => '')));
      await tab.goto(origin);
      await tab.getByLabel('Comment').fill('too short');
      await tab.getByRole('button', { name: 'Bad answer' }).click();
      await tab.getByText('Thank you.').waitFor();
      const { items } = (await api.call('GET', `/twins/${twinId}/feedback`)).body;
      assert.equal(items.length, 1);
      const [vote] = items;
      assert.deepEqual([vote.score, vote.comment, vote.query], [-1, 'too short', 'Why is the sky blue?']);
      assert.equal(vote.interaction_context, 'public_widget');
      assert.ok(sent.length > 5 && !sent.join('').includes(api.keys.ingest));
    } finally {
      await browser.close();
      await page.drain();
      await server.drain();
      await api.close();
    }
  });
});
