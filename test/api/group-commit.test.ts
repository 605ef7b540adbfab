import assert from 'node:assert/strict';
import { createGroupCommit, type GroupOptions } from '../../src/api/feedback/group-commit.ts';
import { createFreshLoader } from '../../src/api/http/fresh-loader.ts';

const OPTIONS: GroupOptions<number> = {
  maxGroup: 3,
  maxRunning: 1,
  maxWaiting: 100,
  ownerOf: (item) => (item < 100 ? 'ours' : 'theirs'),
  splits: () => true,
};
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('lets the first go alone and groups what comes meanwhile, in order', async () => {
    const groups: number[][] = [];
    const commit = createGroupCommit(async (items: readonly number[]) => {
      groups.push([...items]);
      await tick();
      return items.map((item) => item * 10);
    }, OPTIONS);
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(async (item) => commit(item))), [10, 20, 30, 40, 50]);
    assert.deepEqual(groups, [[1], [2, 3, 4], [5]]);
  });

  it('finds the one that spoils a group, and spares the others', async () => {
    const commit = createGroupCommit(async (items: readonly number[]) => {
      await tick();
      if (items.includes(3)) throw new Error('three');
      return [...items];
    }, OPTIONS);
    const settled = await Promise.allSettled([1, 2, 3, 4].map(async (item) => commit(item)));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('fails a whole group at once where trying one by one is of no use', async () => {
    let runs = 0;
    const commit = createGroupCommit(
      async (): Promise<number[]> => {
        runs += 1;
        await tick();
        throw new Error('away');
      },
      { ...OPTIONS, splits: () => false },
    );
    const settled = await Promise.allSettled([1, 2, 3, 4].map(async (item) => commit(item)));
    assert.ok(settled.every(({ status }) => status === 'rejected'));
    assert.equal(runs, 2);
  });

  it("refuses an owner's item too many, and not another owner's", async () => {
    const commit = createGroupCommit(async (items: readonly number[]) => [...items], { ...OPTIONS, maxWaiting: 2 });
    const results = [1, 2, 3, 4].map(commit);
    assert.equal(results[3], undefined, 'one runs, two wait');
    const other = commit(100);
    assert.ok(other instanceof Promise);
    assert.deepEqual(await Promise.all([...results.slice(0, 3), other]), [1, 2, 3, 100]);
    assert.ok(commit(5) instanceof Promise, 'room again');
  });
});

describe('fresh loader', () => {
  it('shares loads, and never answers with one that began before the question', async () => {
    let value = 0;
    let loads = 0;
    const load = createFreshLoader(async () => {
      loads += 1;
      const seen = value;
      await tick();
      return seen;
    });
    const early = load('k');
    value = 1;
    const late = Array.from({ length: 50 }, () => load('k'));
    assert.equal(await early, 0);
    assert.deepEqual(new Set(await Promise.all(late)), new Set([1]));
    assert.equal(loads, 2);
    value = 2;
    assert.equal(await load('k'), 2);
    assert.equal(loads, 3);
  });

  it('tries again after a failure', async () => {
    let fail = true;
    const load = createFreshLoader(async () => {
      await tick();
      if (fail) throw new Error('away');
      return 'here';
    });
    const both = await Promise.allSettled([load('k'), load('k')]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    fail = false;
    assert.equal(await load('k'), 'here');
  });
});
