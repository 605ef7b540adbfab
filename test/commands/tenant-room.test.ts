import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, openBench, unique, type Bench } from './support.ts';

const ROOM = 3;

describe("a tenant's room for runs", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench(DEFAULTS, ROOM);
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const newTenant = async () => {
    const tenant = unique('tenant');
    await bench.database.db.execute(sql`insert into tenants (id, name) values (${tenant}, ${tenant})`);
    return tenant;
  };
  const due = async (tenant: string) => {
    const twin = await bench.twin({ tenant, policy: { min_events: 1, cooldown_minutes: 0 } });
    await bench.castOne(twin);
    return twin;
  };

  it('is never overdrawn by plans at once; who finds none asks again within 20 s, and another tenant has its own', async () => {
    const tenant = await newTenant();
    const twins = await Promise.all(Array.from({ length: ROOM + 4 }, () => due(tenant)));
    const other = await due(await newTenant());
    const plans = await Promise.all(twins.map((twin) => bench.plan(twin)));
    assert.equal(plans.filter((plan) => plan.kind === 'run').length, ROOM);
    const waiting = plans.flatMap((plan) => (plan.kind === 'waitUntil' ? [plan] : []));
    assert.equal(waiting.length, 4);
    for (const plan of waiting) {
      assert.equal(plan.reason, 'tenant_busy');
      assert.ok(plan.waitMs >= 10_000 && plan.waitMs <= 20_000);
      assert.match(plan.view.message, /^Due; 3 other runs of the tenant are under way/);
    }
    assert.equal((await bench.plan(other)).kind, 'run');
  });

  it('is there again when a run has ended', async () => {
    const tenant = await newTenant();
    const twins = await Promise.all(Array.from({ length: ROOM + 1 }, () => due(tenant)));
    const plans = await Promise.all(twins.map((twin) => bench.plan(twin)));
    const left = twins[plans.findIndex((plan) => plan.kind === 'waitUntil')]!;
    const done = twins[plans.findIndex((plan) => plan.kind === 'run')]!;
    assert.equal((await bench.plan(left)).kind, 'waitUntil');
    const ended = plans.find((plan) => plan.kind === 'run')!;
    await bench.complete(done, ended.jobId);
    assert.equal((await bench.plan(left)).kind, 'run');
  });
});
