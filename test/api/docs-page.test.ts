import assert from 'node:assert/strict';
import { serveApp } from '../../src/api/serve.ts';
import { launchBrowser } from '../support/browser.ts';
import { openTestApi } from './harness.ts';

describe('the page of the API in a browser', () => {
  it('draws every operation and can try one, under its content security policy', async function () {
    const browser = await launchBrowser(this);
    const api = await openTestApi();
    const server = await serveApp(api.app.fetch, { host: '127.0.0.1', port: 0 });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('requestfailed', (request) => complaints.push(request.url()));
      await page.goto(`http://127.0.0.1:${server.port}/docs`);
      await page.waitForSelector('.opblock');
      const operations = [...JSON.stringify((await api.call('GET', '/openapi.json')).body).matchAll(/"operationId"/g)];
      assert.equal(await page.locator('.opblock').count(), operations.length);
      const health = page.locator('#operations-System-getHealth');
      await health.locator('.opblock-summary').click();
      await health.locator('.execute').click();
      assert.match(await health.locator('.live-responses-table tbody .response-col_status').innerText(), /^200/);
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
      await server.drain();
      await api.close();
    }
  });
});
