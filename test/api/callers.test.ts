import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCallers } from '../../src/api/http/callers.ts';

const CALLER = { key_id: 'k', tenant_id: 't', role: 'owner' } as const;

describe('callers', () => {
  it('asks once for many requests at once, for unknown keys too', async () => {
    const asked: string[] = [];
    const find = createCallers(async (key) => {
      asked.push(key);
      await sleep(1);
      return key === 'known' ? CALLER : undefined;
    });
    const found = await Promise.all(['known', 'other', 'known', 'other', 'known'].map(find));
    assert.deepEqual(found, [CALLER, undefined, CALLER, undefined, CALLER]);
    assert.deepEqual(await find('known'), CALLER);
    assert.deepEqual(asked, ['known', 'other']);
  });

  it('hears of a revoked key within seconds', async () => {
    let revoked = false;
    const find = createCallers(async () => (revoked ? undefined : CALLER));
    assert.deepEqual(await find('key'), CALLER);
    revoked = true;
    const end = Date.now() + 10_000;
    while ((await find('key')) !== undefined && Date.now() < end) await sleep(100);
    assert.equal(await find('key'), undefined);
  });

  it('asks again after a failure', async () => {
    let fail = true;
    const find = createCallers(async () => {
      if (fail) throw new Error('away');
      return CALLER;
    });
    await assert.rejects(find('key'), /away/);
    fail = false;
    assert.deepEqual(await find('key'), CALLER);
  });
});
