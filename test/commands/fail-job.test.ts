import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { retryJob } from '../../src/commands/retry-job.ts';
import { pauseTwin, resumeTwin } from '../../src/commands/policy.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { readJobWithRun, updateRun } from '../../src/db/open-jobs.ts';
import { activateSpec, readActiveSpec, readSpecRow } from '../../src/db/spec-writes.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { holdCandidate } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, openBench, TENANT, type Bench } from './support.ts';

const MINUTE = 60_000;

describe('a job that failed', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const twinWith = async (votes: number, policy = { min_events: 1, cooldown_minutes: 0 }) => {
    const twin = await bench.twin({ policy });
    await bench.cast(
      twin,
      Array.from({ length: votes }, (_, n) => ({ trace_id: `t${n}` })),
    );
    return twin;
  };
  const find = async (jobId: string) => (await readJobWithRun(bench.database.db, jobId))!;
  const retry = (jobId: string, tenant = TENANT) => retryJob(bench.database, tenant, jobId, 'key:owner', DEFAULTS);
  const minutesOff = async (twin: TwinRef) => {
    const [row] = await bench.database.db.execute<{ minutes: number }>(sql`
      select extract(epoch from backoff_until - clock_timestamp())::float8 / 60 as minutes
      from twin_state where twin_id = ${twin.id}`);
    return row!.minutes;
  };

  it('puts the watermark back, and counts its votes anew with what came in meanwhile', async () => {
    const twin = await twinWith(3);
    await bench.complete(twin, await bench.claim(twin));
    await bench.cast(twin, [{ trace_id: 't0', score: -1 }, { trace_id: 'new' }]);
    const jobId = await bench.claim(twin);
    await bench.cast(twin, [{ trace_id: 'newer' }, { trace_id: 'new', score: -1 }]);
    const of = { tenant_id: twin.tenant_id, twin_id: twin.id, message_id: '', rater_id: 'rater' };
    await retractVote(bench.database, { ...of, trace_id: 't1' });
    assert.equal(await bench.pending(twin), 3);
    await bench.fail(twin, jobId);
    const state = await bench.state(twin);
    assert.deepEqual([state.claimed_seq, state.open_job_id, state.last_decision], [3, null, 'failed']);
    assert.equal(state.pending_events, 4, 't0, t1, new, newer: each once');
    assert.notEqual(state.oldest_pending_at, null);
    const { job, run } = await find(jobId);
    assert.deepEqual([job.status, run.status, run.from_seq, run.to_seq], ['failed', 'failed', 3, 5]);
    assert.ok(job.error_message?.includes('learn') && job.completed_at !== null);
  });

  it('failing it again changes nothing', async () => {
    const twin = await twinWith(1);
    const jobId = await bench.claim(twin);
    await bench.fail(twin, jobId);
    const before = await bench.state(twin);
    await bench.fail(twin, jobId);
    assert.deepEqual(await bench.state(twin), before);
  });

  it('is tried again after 2, 4, 8... minutes, 6 hours at most; from the third it needs attention', async () => {
    const twin = await twinWith(1);
    const seen: [string, number][] = [];
    for (let n = 1; n <= 10; n += 1) {
      await bench.database.db.execute(sql`
        update twin_state set cooldown_until = null, backoff_until = null where twin_id = ${twin.id}`);
      const jobId = await bench.claim(twin);
      await bench.fail(twin, jobId);
      seen.push([(await find(jobId)).job.status, Math.round(await minutesOff(twin))]);
      const plan = await bench.plan(twin);
      assert.ok(plan.kind === 'waitUntil' && Math.abs(plan.waitMs / MINUTE - seen.at(-1)![1]) < 0.5);
    }
    const minutes = [2, 4, 8, 16, 32, 64, 128, 256, 360, 360];
    assert.deepEqual(
      seen,
      minutes.map((each, n) => [n < 2 ? 'failed' : 'needs_attention', each]),
    );
  });

  it('is tried again after the cooldown where that is longer', async () => {
    const twin = await twinWith(1, { min_events: 1, cooldown_minutes: 30 });
    await bench.fail(twin, await bench.claim(twin));
    const { cooldown_until, last_claimed_at } = await bench.state(twin);
    assert.equal(cooldown_until!.getTime() - last_claimed_at!.getTime(), 30 * MINUTE);
  });

  it('a retry is a new forced job that names it, through any back-off', async () => {
    const twin = await twinWith(2);
    const failed = await bench.claim(twin);
    await bench.fail(twin, failed);
    const result = await retry(failed);
    assert.ok(result.status === 'retried' && result.twin_id === twin.id);
    const { job, run } = await find(result.job_id);
    const { trigger, forced, retry_of, created_by } = job.metadata;
    assert.deepEqual(
      { trigger, forced, retry_of, created_by },
      { trigger: 'retry', forced: true, retry_of: failed, created_by: 'key:owner' },
    );
    assert.deepEqual([run.from_seq, run.to_seq], [0, 2]);
    assert.deepEqual(await retry(failed), { status: 'job_already_inflight' });
    assert.deepEqual(await retry(result.job_id), { status: 'not_failed' });
    await bench.complete(twin, result.job_id);
    assert.deepEqual(await retry(result.job_id), { status: 'not_failed' });
  });

  it('needs no attention any more once it is retried', async () => {
    const twin = await twinWith(1);
    await bench.database.db.execute(sql`update twin_state set failures = 2 where twin_id = ${twin.id}`);
    const failed = await bench.claim(twin);
    await bench.fail(twin, failed);
    assert.equal((await find(failed)).job.status, 'needs_attention');
    assert.equal((await retry(failed)).status, 'retried');
    assert.equal((await find(failed)).job.status, 'failed');
  });

  it("is not retried while paused, nor for a stranger, nor a deleted twin's", async () => {
    const twin = await twinWith(1);
    const failed = await bench.claim(twin);
    await bench.fail(twin, failed);
    await pauseTwin(bench.database, twin, 'key:owner');
    assert.deepEqual(await retry(failed), { status: 'paused' });
    await resumeTwin(bench.database, twin, 'key:owner');
    assert.deepEqual(await retry(failed, 'theirs'), { status: 'not_found' });
    assert.deepEqual(await retry(crypto.randomUUID()), { status: 'not_found' });
    await deleteTwin(bench.database, twin, 'key:owner');
    assert.deepEqual(await retry(failed), { status: 'not_found' });
  });

  it('20 retries at once make one job', async () => {
    const twin = await twinWith(1);
    const failed = await bench.claim(twin);
    await bench.fail(twin, failed);
    const results = await Promise.all(Array.from({ length: 20 }, () => retry(failed)));
    assert.equal(results.filter((one) => one.status === 'retried').length, 1);
  });

  it('takes its draft along, never what is live', async () => {
    const { db } = bench.database;
    const twin = await twinWith(1);
    const jobId = await bench.claim(twin);
    const draft = await holdCandidate(bench.database, twin.id, { row: { review: null } });
    const { run } = await find(jobId);
    await db.transaction((tx) => updateRun(tx, run.id, { candidate_version: draft.version }));
    await bench.fail(twin, jobId);
    const ended = await readSpecRow(db, twin.id, draft.version);
    assert.deepEqual([ended?.status, ended?.review], ['archived', 'superseded']);

    const published = await retry(jobId);
    assert.ok(published.status === 'retried');
    const next = await holdCandidate(bench.database, twin.id, { row: { review: null } });
    await db.transaction(async (tx) => {
      const change = { candidate_version: next.version, publish_decision: 'published' } as const;
      await updateRun(tx, (await find(published.job_id)).run.id, change);
      const published_by = `job:${published.job_id}`;
      await activateSpec(tx, twin.id, next.version, {
        published_by,
        reason: 'by policy',
        acknowledged: null,
        review: null,
      });
    });
    await bench.fail(twin, published.job_id);
    assert.equal((await readActiveSpec(db, twin.id))?.version, next.version);
  });
});
