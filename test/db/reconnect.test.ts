import assert from 'node:assert/strict';
import { reconnectDelay } from '../../src/db/client.ts';

describe('the time before another try to reach Postgres', () => {
  it('grows with each that failed, and is a second at most however long it was away', () => {
    const [first = 0, ...later] = [0, 3, 6, 50].map((failed) => reconnectDelay(failed));
    assert.ok(first <= 0.01, `${first} s`);
    for (const delay of later) assert.ok(delay > first && delay <= 1, `${delay} s`);
  });
});
