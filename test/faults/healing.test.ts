import assert from 'node:assert/strict';
import { eq, sql } from 'drizzle-orm';
import { planTwin } from '../../src/commands/plan.ts';
import { retryJob } from '../../src/commands/retry-job.ts';
import { runSweep } from '../../src/control/sweep.ts';
import { jobs } from '../../src/db/schema/jobs.ts';
import { twinState } from '../../src/db/schema/twins.ts';
import { assertWell, eventsOf } from '../support/histories.ts';
import { barrier, hookedFits } from '../support/hooked-fits.ts';
import { eventually, freshId, startSystem, type TestSystem, type TestWorker } from '../support/system.ts';
import { addTwin, DECISIVE, OWNER, type TestTwin } from '../support/twins.ts';

const ATTEMPTS = 5;

describe('a job that was left open or failed', () => {
  let system: TestSystem;
  let worker: TestWorker;
  let hooked: ReturnType<typeof hookedFits>;
  /** Begun first, because five attempts take 15 s: 1 + 2 + 4 + 8. */
  let failing: { twin: TestTwin; attempts: number };

  const canaries: string[] = [];
  const twinAlone = (name: string, policy = {}) => addTwin(system, { name, tenant: freshId('tenant'), policy });
  const restartWorker = async () => {
    worker = await system.startWorker({ fits: hooked.fits });
  };

  before(async () => {
    system = await startSystem();
    hooked = hookedFits(system);
    await restartWorker();
    const twin = await twinAlone('failing', { cooldown_minutes: 0 });
    failing = { twin, attempts: 0 };
    hooked.hooks.set(twin.ref.tenant_id, {
      learn: async () => {
        failing.attempts += 1;
        if (failing.attempts <= ATTEMPTS) throw new Error('planned: no fit');
      },
    });
    await twin.capture();
  });
  after(() => system.stop());

  /** Leaves a claimed job without any workflow: what a terminated one leaves. */
  async function terminatedInMidJob(name: string): Promise<{ twin: TestTwin; jobId: string }> {
    const twin = await twinAlone(name);
    const learning = barrier();
    hooked.hooks.set(twin.ref.tenant_id, { learn: learning.wait });
    await twin.capture();
    await learning.reached;
    await twin.workflow.terminate('by hand');
    hooked.hooks.delete(twin.ref.tenant_id);
    learning.open();
    const [job] = await twin.jobs();
    assert.ok(job);
    return { twin, jobId: job.id };
  }

  /** The job that was left is the twin's only one, ended, and made one version. */
  async function assertHealed(twin: TestTwin, jobId: string): Promise<void> {
    const run = await twin.ended();
    assert.deepEqual([run.job_id, run.publish_decision, run.candidate_version], [jobId, 'held', '1.0.1']);
    assert.equal((await twin.jobs()).length, 1);
    const versions = await system.database.db.execute(
      sql`select version from persona_specs where twin_id = ${twin.ref.id} order by created_at`,
    );
    assert.deepEqual([...versions], [{ version: '1.0.0' }, { version: '1.0.1' }]);
  }

  it('is adopted on the next poke after its workflow was terminated', async () => {
    const { twin, jobId } = await terminatedInMidJob('poked');
    await twin.changed();
    await assertHealed(twin, jobId);
  });

  it('is found by the sweep once nobody touched it for five minutes', async () => {
    const { twin, jobId } = await terminatedInMidJob('swept');
    const { database, control } = system;
    const sweep = () =>
      runSweep(
        { db: database.db, control, defaultMinEvents: 5 },
        { minEvents: 5, limitTwins: 10, tenantId: twin.ref.tenant_id },
      );
    // The attempt that outlived its workflow may still be writing: it has to come to its end first.
    await eventually('the step done', async () => (await twin.jobs())[0]?.step !== 'learn');
    assert.deepEqual((await sweep()).decisions, []);
    await database.db
      .update(jobs)
      .set({ updated_at: sql`clock_timestamp() - interval '6 minutes'` as never })
      .where(eq(jobs.id, jobId));
    assert.deepEqual((await sweep()).decisions, [{ twin_id: twin.ref.id, enqueued: true, reason: 'stale_job' }]);
    await assertHealed(twin, jobId);
  });

  it('is queued until a worker takes it, then goes on where it stands', async () => {
    const twin = await twinAlone('queued');
    await twin.vote();
    const { database, defaults } = system;
    const plan = await planTwin(
      database,
      { twinId: twin.ref.id, source: 'feedback_event' },
      { defaults, openJobsPerTenant: 1_000 },
    );
    assert.ok(plan.kind === 'run');
    assert.equal((await twin.jobs())[0]?.status, 'queued');
    await twin.changed();
    await assertHealed(twin, plan.jobId);
  });

  it('is carried on by another worker when the first is stopped in mid-step', async () => {
    const twin = await twinAlone('handed-over');
    const learning = barrier();
    hooked.hooks.set(twin.ref.tenant_id, { learn: learning.wait });
    await twin.capture();
    await learning.reached;
    const stopped = worker.stop();
    learning.open();
    await stopped;
    const [job] = await twin.jobs();
    assert.deepEqual([job?.status, job?.step], ['processing', 'gate']);
    await restartWorker();
    await assertHealed(twin, job?.id ?? '');
  });

  it('does not use up its attempts while Postgres is away', async () => {
    const twin = await twinAlone('outage');
    let refused = 0;
    hooked.hooks.set(twin.ref.tenant_id, {
      learn: async () => {
        refused += 1;
        if (refused <= 2) throw Object.assign(new Error('planned: connect'), { code: 'ECONNREFUSED' });
      },
    });
    await twin.capture();
    await twin.ended();
    assert.equal(refused, 3);
    const events = await eventsOf(twin.workflow);
    const started = events.flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
    assert.deepEqual(new Set(started.map(({ attempt }) => attempt)), new Set([1]));
  });

  it('says of a failed query its code, and none of the values in it', async () => {
    const twin = await twinAlone('canary');
    const canary = `canary${freshId('')}`;
    let failed = false;
    hooked.hooks.set(twin.ref.tenant_id, {
      learn: async () => {
        if (failed) return;
        failed = true;
        await system.database.db.execute(sql`select ${canary}::int`);
      },
    });
    await twin.capture({ comment: canary });
    await twin.ended();
    const started = (await eventsOf(twin.workflow)).flatMap((e) => e.activityTaskStartedEventAttributes ?? []);
    const failures = started.flatMap(({ lastFailure }) => lastFailure?.message ?? []);
    assert.deepEqual(failures, ['a query failed with code 22P02']);
    canaries.push(canary);
  });

  it('fails after five attempts: its votes are pending again, and the next try is put off', async function () {
    this.timeout(30_000);
    const { twin } = failing;
    const run = await twin.ended(1, 28_000);
    assert.equal(failing.attempts, ATTEMPTS);
    assert.deepEqual([run.status, run.publish_decision], ['failed', null]);
    const [job] = await twin.jobs();
    assert.equal(job?.status, 'failed');
    assert.equal(job?.error_message, 'Step learn failed after its last attempt (Error).');
    const { state, pending_events, message } = await twin.learning();
    assert.deepEqual([state, pending_events], ['backoff', DECISIVE]);
    assert.match(message, /^The last run failed; next try at /);
    const [row] = await system.database.db.select().from(twinState).where(eq(twinState.twin_id, twin.ref.id));
    assert.deepEqual([row?.claimed_seq, row?.failures, row?.last_decision], [0, 1, 'failed']);
    const minutes = ((row?.backoff_until?.getTime() ?? 0) - (job?.completed_at?.getTime() ?? 0)) / 60_000;
    assert.ok(Math.abs(minutes - 2) < 0.1, `${minutes} minutes`);
    assert.notEqual((await twin.waiting()).until, null);
  });

  it('is tried again when the back-off ends, and takes the same votes', async () => {
    const { twin } = failing;
    const soon = sql`clock_timestamp() + interval '1 second'` as never;
    await system.database.db
      .update(twinState)
      .set({ backoff_until: soon, cooldown_until: soon })
      .where(eq(twinState.twin_id, twin.ref.id));
    await twin.changed();
    const run = await twin.ended(2);
    assert.deepEqual([run.from_seq, run.to_seq, run.publish_decision], [0, DECISIVE, 'held']);
    const [row] = await system.database.db.select().from(twinState).where(eq(twinState.twin_id, twin.ref.id));
    assert.deepEqual([row?.failures, row?.backoff_until], [0, null]);
  });

  it('needs attention from the third failure, until its owner retries it', async () => {
    const twin = await twinAlone('attention');
    let fails = true;
    hooked.hooks.set(twin.ref.tenant_id, {
      // Not worth another attempt: a bug, so that this takes no 15 s.
      learn: async () => {
        if (fails) throw new TypeError('planned: a bug');
      },
    });
    await system.database.db.update(twinState).set({ failures: 2 }).where(eq(twinState.twin_id, twin.ref.id));
    await twin.capture();
    await twin.ended(1);
    const [job] = await twin.jobs();
    assert.equal(job?.status, 'needs_attention');
    assert.match((await twin.learning()).message, /It needs your attention/);
    fails = false;
    const { database, defaults } = system;
    const retried = await retryJob(database, twin.ref.tenant_id, job.id, OWNER, defaults);
    assert.equal(retried.status, 'retried');
    await twin.changed();
    const run = await twin.ended(2);
    assert.deepEqual([run.from_seq, run.to_seq, run.publish_decision], [0, DECISIVE, 'held']);
    const [before, after] = await twin.jobs();
    assert.deepEqual([before?.status, after?.metadata.retry_of, after?.metadata.trigger], ['failed', job.id, 'retry']);
  });

  it('leaves all in order', () => assertWell(system, { settled: true, canaries }));
});
