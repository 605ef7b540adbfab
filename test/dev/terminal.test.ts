import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config.ts';
import { readyBlock, readyValues } from '../../src/dev/ready.ts';
import { createReporter } from '../../src/dev/reporter.ts';

const values = (env: Record<string, string>) => readyValues(loadConfig(env), '127.0.0.1:7233');

describe('what the terminal shows', () => {
  it('is one line for each value under `twinloop ready`', () => {
    assert.equal(
      readyBlock(values({})),
      [
        'twinloop ready',
        'api: http://127.0.0.1:3000',
        'docs: http://127.0.0.1:3000/docs',
        'web-ui: http://127.0.0.1:8233',
        'temporal: 127.0.0.1:7233',
        'database: postgres://postgres:password@127.0.0.1:54329/twinloop',
        'api-key: dev-key',
        'next: npx twinloop demo',
      ].join('\n'),
    );
  });

  it('names addresses that can be opened, and a next command that reaches them', () => {
    assert.equal(values({ HOST: '0.0.0.0', PORT: '3001' }).api, 'http://127.0.0.1:3001');
    assert.equal(values({ HOST: '::1' }).docs, 'http://[::1]:3000/docs');
    assert.equal(
      values({ PORT: '3001', TWINLOOP_API_KEY: 'k' }).next,
      'TWINLOOP_URL=http://127.0.0.1:3001 TWINLOOP_API_KEY=k npx twinloop demo',
    );
    assert.match(values({ TEMPORAL_ADDRESS: '127.0.0.1:1' })['web-ui'], /TEMPORAL_ADDRESS/);
  });

  it('announces a long step at once, a short one only when it takes over 5 s after all', async function () {
    this.timeout(10_000);
    const said: string[] = [];
    const reporter = createReporter((text) => said.push(text));
    assert.equal(await reporter.step('quick', 2, async () => 'done'), 'done');
    assert.deepEqual(said, []);
    await reporter.step('long', 60, async () => assert.deepEqual(said, ['long (about 60 s)\n']));
    await reporter.step('slow', 2, () => sleep(5_200));
    assert.deepEqual(said, ['long (about 60 s)\n', 'slow (about 2 s)\n']);
    await assert.rejects(
      reporter.step('broken', 2, () => Promise.reject(new Error('planned'))),
      /planned/,
    );
  });
});
