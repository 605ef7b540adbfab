import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { statusOf } from '../../src/commands/learning-view.ts';
import { pauseTwin } from '../../src/commands/policy.ts';
import { listTwins } from '../../src/db/twins.ts';
import { LEARNING_STATES } from '../../src/learning/state.ts';
import { holdCandidate } from '../support/candidate.ts';
import { DEFAULTS, eagerTwin, openBench, type Bench } from '../commands/support.ts';

describe('a list of twins in a state', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  it('has each twin in the one state that its own status names, page by page', async () => {
    const { db } = bench.database;
    const collecting = async () => {
      const twin = await bench.twin();
      await bench.castOne(twin);
      return twin;
    };
    const atWork = async (step: string) => {
      const twin = await eagerTwin(bench);
      await bench.castOne(twin);
      await db.execute(sql`update jobs set step = ${step} where id = ${await bench.claim(twin)}`);
      return twin;
    };
    for (let twice = 0; twice < 2; twice++) {
      await bench.twin();
      await collecting();
      for (const step of ['learn', 'gate', 'publish']) await atWork(step);
      await pauseTwin(bench.database, await atWork('learn'), 'key:owner');
      await pauseTwin(bench.database, await collecting(), 'key:owner');
      const failed = await eagerTwin(bench);
      await bench.castOne(failed);
      await bench.fail(failed, await bench.claim(failed));
      const cooling = await bench.twin({ policy: { min_events: 1 } });
      await bench.castOne(cooling);
      await bench.complete(cooling, await bench.claim(cooling));
      await holdCandidate(bench.database, (await collecting()).id);
      const watched = await collecting();
      await db.execute(
        sql`update twin_state set probation_until = now() + interval '1 day' where twin_id = ${watched.id}`,
      );
    }
    const all = await listTwins(db, 'ours', { limit: 200 });
    const seen = new Set<string>();
    for (const state of LEARNING_STATES) {
      const expected = all.items.flatMap((one) => (statusOf(one, DEFAULTS).state === state ? [one.twin.id] : []));
      assert.ok(expected.length >= 2, `${state}: ${expected.length}`);
      const filter = { state, keep: (one: (typeof all.items)[number]) => statusOf(one, DEFAULTS).state === state };
      const listed: string[] = [];
      for (let cursor: string | undefined; cursor !== '';) {
        const page = await listTwins(db, 'ours', { limit: 1, cursor }, filter);
        listed.push(...page.items.map(({ twin }) => twin.id));
        cursor = page.next_cursor ?? '';
      }
      assert.deepEqual(listed, expected, state);
      for (const id of listed) seen.add(id);
    }
    assert.equal(seen.size, all.items.length);
  });
});
