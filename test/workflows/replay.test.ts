import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { assertReplayable } from '../support/histories.ts';
import { sharedBundle } from '../support/system.ts';

const FOLDER = new URL('../histories/', import.meta.url);

/** Under the workflow's own id, which it compares with its input. */
function recordedRun(json: string) {
  const history = historyFromJSON(JSON.parse(json));
  const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  assert.ok(typeof workflowId === 'string');
  return { workflowId, history };
}

describe('recorded histories', () => {
  it('replay on the workflow code as it is now', async () => {
    const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
    assert.deepEqual(
      names.map((name) => name.replace(/\.json$/, '')),
      [
        'asked-at-start-open',
        'continued-in-cooldown-closed',
        'continued-in-cooldown-open',
        'cooldown-open',
        'failed-learn-open',
        'forced-open',
        'held-open',
        'idle-open',
        'published-twice-open',
        'purged-closed',
      ],
    );
    const histories = [];
    for (const name of names) {
      histories.push(recordedRun(await readFile(new URL(name, FOLDER), 'utf8')));
    }
    assert.equal(await assertReplayable(histories), names.length);
  });

  it('of other workflow code do not replay', async () => {
    const text = (await readFile(new URL('held-open.json', FOLDER), 'utf8')).replaceAll('"gate"', '"judge"');
    await assert.rejects(assertReplayable([recordedRun(text)]), /Nondeterminism|nondeterministic/i);
  });
});

describe('the workflow bundle', () => {
  it('has nothing that is not for the sandbox', async () => {
    const { code } = await sharedBundle();
    const modules = [...code.matchAll(/^\s*!\*\*\* (\S+)/gm)].map((found) => found[1] ?? '');
    const own = modules.filter((name) => name.startsWith('./src/'));
    assert.ok(own.includes('./src/workflows/twin.ts'), own.join(' '));
    const foreign = own.filter((name) => !/^\.\/src\/(workflows|learning)\//.test(name));
    assert.deepEqual(foreign, []);
    for (const forbidden of ['drizzle-orm', '/node_modules/postgres/', 'require("node:', "require('node:"]) {
      assert.ok(!code.includes(forbidden), `the bundle contains ${forbidden}`);
    }
  });
});
