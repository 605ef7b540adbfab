import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import type { TwinControl } from '../../src/control/twin-control.ts';
import { TASK_QUEUES, type SweepInput, type SweepSummary } from '../../src/workflows/contract.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';

const TWINS = 130;

describe('a sweep that is broken off', () => {
  let system: TestSystem;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  it('goes on after the last page that was poked, and answers for all of them', async () => {
    const tenant = freshId('tenant');
    await system.database.db.execute(sql`insert into tenants (id, name) values (${tenant}, 'n')`);
    await system.database.db.execute(sql`
      insert into twins (id, tenant_id, name, deleted_at)
      select ${tenant} || '-' || n, ${tenant}, 'n', now() - (n / 3) * interval '1 second' from generate_series(1, ${TWINS}) n`);
    const poked: string[] = [];
    let failures = 0;
    const control: TwinControl = {
      ...system.control,
      async poke({ id }) {
        if (poked.length === 70 && failures === 0) {
          failures += 1;
          throw new Error('the worker breaks down');
        }
        poked.push(id);
        return true;
      },
    };
    await system.startWorker({ control });
    const summary = await system.client.workflow.execute<(input: SweepInput) => Promise<SweepSummary>>(
      'sweepWorkflow',
      {
        workflowId: freshId('sweep'),
        taskQueue: TASK_QUEUES.control,
        args: [{ minEvents: 5, limitTwins: 1_000, tenantId: tenant }],
      },
    );
    assert.equal(failures, 1);
    const [first, second] = [poked.slice(0, 70), poked.slice(70)];
    assert.deepEqual(
      second.filter((id) => first.slice(0, 50).includes(id)),
      [],
      'nobody of the first page again',
    );
    assert.equal(new Set(poked).size, TWINS);
    assert.deepEqual([summary.twins_considered, summary.jobs_enqueued], [TWINS, TWINS]);
    assert.equal(new Set(summary.decisions.map(({ twin_id }) => twin_id)).size, TWINS);
  });
});
