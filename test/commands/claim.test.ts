import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { changePolicy, pauseTwin, resumeTwin } from '../../src/commands/policy.ts';
import { requestRun } from '../../src/commands/request-run.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { purgeTwin } from '../../src/db/purge-twin.ts';
import { readJobWithRun } from '../../src/db/open-jobs.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, openBench, unique, type Bench } from './support.ts';

describe('plan and claim', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const NO_COOLDOWN = { min_events: 1, cooldown_minutes: 0 };
  const due = async () => {
    const twin = await bench.twin({ policy: NO_COOLDOWN });
    await bench.castOne(twin);
    return twin;
  };
  const request = (twin: TwinRef, said: object = {}) =>
    requestRun(
      bench.database,
      twin.id,
      { request_id: unique('q'), force: false, actor: 'key:owner', ...said },
      DEFAULTS,
    );
  const shift = (twin: TwinRef, column: string, interval: string) =>
    bench.database.db.execute(sql`
      update twin_state set ${sql.raw(column)} = clock_timestamp() + ${interval}::interval where twin_id = ${twin.id}`);

  it('claims a due twin: job, run, range, watermark and cooldown in one', async () => {
    const twin = await bench.twin();
    await bench.cast(twin, [{}, {}, {}, {}, {}]);
    const jobId = await bench.claim(twin);
    const { job, run } = (await readJobWithRun(bench.database.db, jobId))!;
    const state = await bench.state(twin);
    assert.deepEqual([job.status, job.step, run.status], ['queued', 'learn', 'running']);
    assert.deepEqual([run.from_seq, run.to_seq, state.claimed_seq, state.pending_events], [0, 5, 5, 0]);
    assert.deepEqual([state.open_job_id, state.oldest_pending_at], [jobId, null]);
    assert.equal(state.cooldown_until!.getTime() - state.last_claimed_at!.getTime(), 30 * 60_000);
    assert.equal(job.created_at.getTime(), state.last_claimed_at!.getTime());
    const { trigger, forced, min_events, pending_events_at_enqueue, feedback_learning_run_id } = job.metadata;
    assert.deepEqual(
      { trigger, forced, min_events, pending_events_at_enqueue, feedback_learning_run_id },
      {
        trigger: 'feedback_event',
        forced: false,
        min_events: 5,
        pending_events_at_enqueue: 5,
        feedback_learning_run_id: run.id,
      },
    );
  });

  it('20 plans at once make one job; the others adopt it', async () => {
    const twin = await due();
    const plans = await Promise.all(Array.from({ length: 20 }, () => bench.plan(twin)));
    assert.deepEqual(new Set(plans.map((plan) => plan.kind)), new Set(['run']));
    assert.equal(new Set(plans.map((plan) => (plan.kind === 'run' ? plan.jobId : ''))).size, 1);
    const [jobs] = await bench.database.db.execute(sql`select count(*)::int as n from jobs where twin_id = ${twin.id}`);
    assert.deepEqual(jobs, { n: 1 });
  });

  it('20 forced requests at once make one job; the others hear of it', async () => {
    const twin = await due();
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(twin, { force: true })));
    assert.equal(answers.filter((answer) => answer.enqueued).length, 1);
    const refused = answers.filter((answer) => !answer.enqueued).map((answer) => answer.reason);
    assert.deepEqual(new Set(refused), new Set(['job_already_inflight']));
    assert.equal(new Set(answers.map((answer) => ('job_id' in answer ? answer.job_id : ''))).size, 1);
  });

  it('the same request again gets the same answer', async () => {
    const twin = await due();
    const answer = await request(twin, { request_id: 'the same' });
    assert.equal(answer.enqueued, true);
    assert.deepEqual(await request(twin, { request_id: 'the same' }), answer);
    assert.equal((await request(twin)).enqueued, false);
  });

  it('adopts an open job at its first unfinished step, paused or not', async () => {
    const twin = await due();
    const jobId = await bench.claim(twin);
    await bench.database.db.execute(sql`update jobs set status = 'processing', step = 'publish' where id = ${jobId}`);
    await pauseTwin(bench.database, twin, 'key:owner');
    const plan = await bench.plan(twin);
    assert.ok(plan.kind === 'run');
    assert.deepEqual([plan.jobId, plan.step], [jobId, 'publish']);
  });

  it('a cooldown puts off what is not forced, until its end', async () => {
    const twin = await bench.twin({ policy: { min_events: 1 } });
    await bench.castOne(twin);
    await bench.complete(twin, await bench.claim(twin));
    const [stored] = [await bench.castOne(twin)];
    assert.equal(stored.learning.enqueued === false && stored.learning.reason, 'cooldown_active');
    assert.equal(stored.wake, false);
    const plan = await bench.plan(twin);
    assert.ok(plan.kind === 'waitUntil');
    const { cooldown_until } = await bench.state(twin);
    assert.ok(Math.abs(Date.parse(plan.until) - cooldown_until!.getTime()) < 1);
    assert.ok(plan.waitMs > 29 * 60_000 && plan.waitMs <= 30 * 60_000);
    const refused = await request(twin);
    assert.equal(refused.enqueued === false && refused.reason, 'cooldown_active');
    const forced = await request(twin, { force: true });
    assert.ok(forced.enqueued);
    await bench.complete(twin, forced.job_id!);
    assert.ok((await bench.state(twin)).cooldown_until! >= cooldown_until!, 'a forced claim begins a cooldown too');
  });

  it('a wait is at least a second long, and a cooldown that is over is none', async () => {
    const twin = await bench.twin({ policy: { min_events: 1 } });
    const before = Date.now();
    await shift(twin, 'cooldown_until', '900 ms');
    const soon = await bench.plan(twin);
    assert.ok(soon.kind === 'waitUntil');
    assert.equal(soon.waitMs, 1_000);
    assert.ok(Date.parse(soon.until) >= before + 1_000);
    await shift(twin, 'cooldown_until', '-1 ms');
    assert.equal((await bench.plan(twin)).kind, 'wait');
    await bench.castOne(twin);
    assert.equal((await bench.plan(twin)).kind, 'run');
  });

  it('a change of the policy recomputes the cooldown and the threshold', async () => {
    const twin = await bench.twin({ policy: { min_events: 1 } });
    await bench.castOne(twin);
    await bench.complete(twin, await bench.claim(twin));
    await bench.castOne(twin);
    assert.equal((await bench.plan(twin)).kind, 'waitUntil');
    const change = (policy: object) => changePolicy(bench.database, twin, 'key:owner', policy, DEFAULTS);
    await change({ cooldown_minutes: 0.001, min_events: 2 });
    assert.equal((await bench.plan(twin)).kind === 'run', false, 'one vote of two');
    await change({ min_events: null });
    assert.equal((await bench.state(twin)).min_events, null);
    await change({ min_events: 1 });
    await new Promise((resolve) => setTimeout(resolve, 70));
    assert.equal((await bench.plan(twin)).kind, 'run');
  });

  it('a paused twin waits, without a timer, and resumes where it was', async () => {
    const twin = await due();
    await pauseTwin(bench.database, twin, 'key:owner');
    const { paused_at } = await bench.state(twin);
    await pauseTwin(bench.database, twin, 'key:owner');
    assert.deepEqual((await bench.state(twin)).paused_at, paused_at, 'pausing twice keeps the first instant');
    await shift(twin, 'cooldown_until', '1 hour');
    assert.equal((await bench.plan(twin)).kind, 'wait');
    assert.deepEqual(await request(twin, { force: true }), { enqueued: false, reason: 'paused' });
    const said = await bench.castOne(twin);
    assert.deepEqual([said.learning, said.wake], [{ enqueued: false, reason: 'paused' }, false]);
    await shift(twin, 'cooldown_until', '-1 hour');
    await resumeTwin(bench.database, twin, 'key:owner');
    assert.equal((await bench.plan(twin)).kind, 'run');
  });

  it('a twin without a persona waits for one, and uses up no vote', async () => {
    const twin = await bench.twin({ spec: false, policy: NO_COOLDOWN });
    await bench.castOne(twin);
    assert.equal((await bench.plan(twin)).kind, 'wait');
    const forced = await request(twin, { force: true });
    assert.ok(forced.enqueued);
    assert.equal(await bench.pending(twin), 1);
    await bench.complete(twin, forced.job_id!);
    await createSpec(bench.database, twin, 'key:owner', { spec: starterPersona });
    await bench.complete(twin, await bench.claim(twin));
    assert.equal(await bench.pending(twin), 0);
  });

  it('a deleted twin is gone, to be purged once', async () => {
    const twin = await due();
    await bench.claim(twin);
    assert.equal(await deleteTwin(bench.database, { ...twin, tenant_id: 'theirs' }, 'key:owner'), false);
    assert.equal(await deleteTwin(bench.database, twin, 'key:owner'), true);
    assert.equal(await deleteTwin(bench.database, twin, 'key:owner'), false);
    assert.deepEqual(await bench.plan(twin), { kind: 'gone', purged: false });
    assert.deepEqual(await request(twin), { enqueued: false, reason: 'gone' });
    await purgeTwin(bench.database, twin.id, () => {});
    assert.deepEqual(await bench.plan(twin), { kind: 'gone', purged: true });
    assert.deepEqual(await bench.plan({ ...twin, id: 'never there' }), { kind: 'gone', purged: true });
    await purgeTwin(bench.database, twin.id, () => {});
  });
});
