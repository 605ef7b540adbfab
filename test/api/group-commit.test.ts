import assert from 'node:assert/strict';
import { createGroupCommit, GroupCommitRefusal, type GroupOptions } from '../../src/api/feedback/group-commit.ts';

const OPTIONS: GroupOptions<number> = {
  maxRunning: 2,
  besideFrom: 1_000,
  slowAfterMs: 60_000,
  keyOf: (item) => String(item),
  maxGroup: 3,
  maxWaiting: 100,
  maxWaitMs: 1_000,
  ownerOf: (item) => (item < 100 ? 'ours' : 'theirs'),
  splits: () => true,
};
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A promise, and what fulfils it. */
function held(): [until: Promise<void>, release: () => void] {
  let release = (): void => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return [until, release];
}

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

  it('halves a group that fails until it has found the one that spoils it, and spares the others', async () => {
    const groups: number[][] = [];
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        groups.push([...items]);
        await tick();
        if (items.includes(6)) throw new Error('six');
        return [...items];
      },
      { ...OPTIONS, maxGroup: 8 },
    );
    const settled = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7, 8].map(async (item) => commit(item)));
    assert.deepEqual(
      settled.flatMap(({ status }, item) => (status === 'rejected' ? [item] : [])),
      [6],
    );
    assert.deepEqual(groups, [[0], [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6], [5], [6], [7, 8]]);
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
    const results = [1, 2, 3].map(commit);
    await assert.rejects(commit(4), new GroupCommitRefusal('queue_full'));
    const other = commit(100);
    assert.deepEqual(await Promise.all([...results, other]), [1, 2, 3, 100]);
    assert.equal(await commit(5), 5, 'room again');
  });

  it('refuses what has waited too long, without beginning it', async () => {
    let clock = 0;
    const begun: number[] = [];
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        begun.push(...items);
        await tick();
        clock += 600;
        return [...items];
      },
      { ...OPTIONS, maxGroup: 1 },
      () => clock,
    );
    const settled = await Promise.allSettled([1, 2, 3].map(async (item) => commit(item)));
    assert.deepEqual(settled[2], { status: 'rejected', reason: new GroupCommitRefusal('waited_too_long') });
    assert.deepEqual(begun, [1, 2]);
  });

  it('begins an item whose time ends while its group is looked at: none is left unsettled', async () => {
    let clock = 0;
    const options = { ...OPTIONS, maxWaitMs: 400 };
    const commit = createGroupCommit(
      async (items: readonly number[]) => [...items],
      options,
      () => (clock += 300),
    );
    assert.equal(await commit(1), 1);
  });

  it("takes owners by turns, so that one owner's flood delays another's item by a group at most", async () => {
    const groups: number[][] = [];
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        groups.push([...items]);
        await tick();
        return [...items];
      },
      { ...OPTIONS, maxGroup: 4 },
    );
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 101].map(async (item) => commit(item)));
    assert.deepEqual(groups, [[0], [1, 2, 100, 101], [3, 4, 5, 6], [7, 8]]);
  });

  it('lets others pass a slow group, but none that has a key in common with it', async () => {
    const groups: number[][] = [];
    const [locked, release] = held();
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        groups.push([...items]);
        if (items.includes(1)) await locked;
        return [...items];
      },
      { ...OPTIONS, slowAfterMs: 1, keyOf: (item) => String(item % 10) },
    );
    const slow = [1, 11, 2, 21, 101].map(async (item) => commit(item));
    // Both come in while 1 waits for its lock; 11, 21 and 101 have its key.
    assert.equal(await slow[2], 2);
    assert.equal(await commit(3), 3);
    assert.deepEqual(groups, [[1], [2], [3]]);
    release();
    assert.deepEqual(await Promise.all(slow), [1, 11, 2, 21, 101]);
    assert.equal(new Set(groups.flat()).size, 6, 'each once');
    assert.equal(groups.flat().length, 6);
  });

  it('begins a second group beside one under way when enough wait, and no third', async () => {
    const groups: number[][] = [];
    const [disk, release] = held();
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        groups.push([...items]);
        await disk;
        return [...items];
      },
      { ...OPTIONS, maxRunning: 4, besideFrom: 2 },
    );
    const all = [1, 2, 3, 4, 5, 6].map(async (item) => commit(item));
    await tick();
    assert.deepEqual(groups, [[1], [2, 3]]);
    release();
    await Promise.all(all);
    assert.deepEqual(groups, [[1], [2, 3], [4, 5, 6]]);
  });

  it('begins no more groups than it may, however slow they are', async () => {
    const groups: number[][] = [];
    const [locked, release] = held();
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        groups.push([...items]);
        await locked;
        return [...items];
      },
      { ...OPTIONS, slowAfterMs: 1, maxGroup: 1 },
    );
    const all = [1, 2, 3, 4].map(async (item) => commit(item));
    while (groups.length < 2) await tick();
    release();
    await Promise.all(all);
    assert.deepEqual(groups, [[1], [2], [3], [4]]);
  });

  it('never has a key in two groups at once', async () => {
    const underWay = new Set<number>();
    const commit = createGroupCommit(
      async (items: readonly number[]) => {
        for (const item of new Set(items)) {
          assert.ok(!underWay.has(item), 'never twice at once');
          underWay.add(item);
        }
        for (let turn = 0; turn < 3; turn++) await tick();
        for (const item of items) underWay.delete(item);
        return [...items];
      },
      { ...OPTIONS, slowAfterMs: 0, maxRunning: 4, maxWaiting: 200 },
    );
    const items = Array.from({ length: 200 }, (_, index) => index % 20);
    assert.deepEqual(await Promise.all(items.map(async (item) => commit(item))), items);
  });
});
