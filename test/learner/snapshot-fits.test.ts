import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSnapshot } from '../../src/db/snapshots.ts';
import { createSnapshotFits } from '../../src/learner/snapshot-fits.ts';
import { openBench, TENANT, type Bench } from '../commands/support.ts';
import { eventually } from '../support/system.ts';

describe('fits of snapshots', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
    const twin = await bench.twin();
    await bench.cast(twin, [{}, {}, {}]);
  });
  after(() => bench.close());
  const take = () => createSnapshot(bench.database.db, TENANT);

  it('are made once each, and the ones used longest ago are dropped first', async () => {
    // Three rows and what a fit costs anyway: two of them have room.
    const fitOf = createSnapshotFits(bench.database.db, { maxRows: 2 * 1_003 });
    const [a, b, c] = [await take(), await take(), await take()];
    const first = await fitOf(a);
    assert.equal(first.ledger.votes.length, 3);
    assert.equal(await fitOf(a), first);
    const second = await fitOf(b);
    assert.equal(await fitOf(a), first, 'used again');
    await fitOf(c);
    assert.equal(await fitOf(a), first);
    assert.notEqual(await fitOf(b), second, 'had to go');
  });

  it('include one that is alone too large, as long as it is the newest', async () => {
    const fitOf = createSnapshotFits(bench.database.db, { maxRows: 1 });
    const [a, b] = [await take(), await take()];
    const fit = await fitOf(a);
    assert.equal(await fitOf(a), fit);
    await fitOf(b);
    assert.notEqual(await fitOf(a), fit);
  });

  it('leave memory when they are dropped, long before their time', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const fitOf = createSnapshotFits(bench.database.db, { maxRows: 1 });
    const [a, b] = [await take(), await take()];
    const dropped = new WeakRef(await fitOf(a));
    await fitOf(b);
    await eventually('its memory', async () => {
      collect();
      return dropped.deref() === undefined;
    });
  });

  it('are dropped after their time', async () => {
    const fitOf = createSnapshotFits(bench.database.db, { keepMs: 1 });
    const snapshot = await take();
    const fit = await fitOf(snapshot);
    await eventually('another fit', async () => (await fitOf(snapshot)) !== fit);
  });
});
