import assert from 'node:assert/strict';
import { requestRun } from '../../src/commands/request-run.ts';
import { RunRefusedError, WorkflowUnavailableError } from '../../src/control/twin-control.ts';
import { castVotes, openJob } from './fixtures.ts';
import { DEFAULTS, openTestApi, type Json, type TestApi } from './harness.ts';

describe('runs and jobs', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
    // What the workflow does with the request, without the workflow.
    api.control.onRequest = (twin, request) => requestRun(api.database, twin, request, DEFAULTS);
  });
  after(() => api.close());

  const runs = (id: string) => `/twins/${id}/persona-feedback-learning/runs`;
  const end = async (job: string) => {
    await api.database.sql`
      update persona_feedback_learning_runs set status = 'completed', publish_decision = 'no_candidate',
        reason = 'nothing_to_change', completed_at = now() where job_id = ${job}`;
    await api.database.sql`update jobs set status = 'complete', step = 'done', completed_at = now() where id = ${job}`;
    await api.database.sql`update twin_state set open_job_id = null where open_job_id = ${job}`;
  };

  it('answers 200 with the reason, or 202 with the job', async () => {
    const id = await api.twin();
    const refused = await api.call('POST', runs(id));
    assert.equal(refused.status, 200);
    assert.deepEqual(refused.body, {
      enqueued: false,
      reason: 'insufficient_events',
      pending_events: 0,
      required_events: 5,
    });
    const body = { force: true, auto_publish: null, run_regression_gate: false, reason: 'a look' };
    const forced = await api.call('POST', runs(id), { body, headers: { 'x-request-id': 'mine-7' } });
    assert.equal(forced.status, 202);
    assert.equal(forced.body.enqueued, true);
    assert.equal(forced.headers.get('location'), `/jobs/${forced.body.job_id}`);
    const asked = api.control.requests.at(-1);
    assert.match(asked?.actor ?? '', /^key:/);
    assert.deepEqual(
      { ...asked, actor: '' },
      { request_id: 'mine-7', actor: '', force: true, run_regression_gate: false, reason: 'a look' },
    );
    const open = await api.call('POST', runs(id), { body: { force: true } });
    assert.deepEqual(open.body, { enqueued: false, reason: 'job_already_inflight', job_id: forced.body.job_id });

    const job = (await api.call('GET', forced.headers.get('location') ?? '')).body;
    assert.equal(job.job_type, 'feedback_learning');
    assert.equal(job.status, 'queued');
    assert.equal(job.metadata.trigger, 'manual');
    assert.equal(job.run.status, 'running');
    assert.ok(!('epoch' in job));
    const { items } = (await api.call('GET', `/jobs?twin_id=${id}&status=queued&job_type=feedback_learning`)).body;
    assert.deepEqual(
      items.map((one: Json) => one.id),
      [job.id],
    );
    assert.deepEqual((await api.call('GET', `/jobs?twin_id=${id}&status=failed`)).body.items, []);
    const logs = (await api.call('GET', `/jobs/${job.id}/logs`)).body.items;
    assert.equal(logs[0].level, 'info');
    assert.equal((await api.call('GET', runs(id))).body.items[0].job_id, job.id);
  });

  it('waits for the end of a run when that is preferred', async () => {
    const id = await api.twin();
    const waiting = api.call('POST', runs(id), {
      body: { force: true },
      headers: { prefer: 'respond-async, wait=20' },
    });
    let job: string | undefined;
    while (job === undefined) job = (await api.call('GET', `/jobs?twin_id=${id}`)).body.items[0]?.id;
    await end(job);
    const answer = await waiting;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('preference-applied'), 'wait=20');
    assert.equal(answer.body.job_id, job);
    assert.equal(answer.body.run.publish_decision, 'no_candidate');

    const started = Date.now();
    const late = await api.call('POST', runs(id), { body: { force: true }, headers: { prefer: 'wait=1' } });
    assert.equal(late.status, 202);
    assert.ok(!('run' in late.body));
    assert.ok(Date.now() - started >= 900, `${Date.now() - started} ms`);
  });

  it('does not wait on when the server stops', async () => {
    const stopping = new AbortController();
    const mine = await openTestApi({ stopping: stopping.signal });
    try {
      mine.control.onRequest = (twin, request) => requestRun(mine.database, twin, request, DEFAULTS);
      const id = await mine.twin();
      const waiting = mine.call('POST', runs(id), { body: { force: true }, headers: { prefer: 'wait=60' } });
      while (mine.control.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      stopping.abort();
      assert.equal((await waiting).status, 202);
      assert.equal((await mine.call('GET', '/readyz')).body.type, '/problems/not-ready');
    } finally {
      await mine.close();
    }
  });

  it('is 503 with Retry-After when no worker answers, while votes and commands go on', async () => {
    const mine = await openTestApi();
    try {
      mine.control.onRequest = async () => {
        throw new WorkflowUnavailableError('nobody there');
      };
      mine.control.poke = async () => false;
      const id = await mine.twin();
      const answer = await mine.call('POST', runs(id), { body: { force: true } });
      assert.equal(answer.status, 503);
      assert.equal(answer.body.type, '/problems/workflow-unavailable');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      assert.equal((await mine.call('POST', '/feedback/t', { body: { score: 1, twin_id: id } })).status, 202);
      assert.equal((await mine.call('POST', `/twins/${id}/learning/pause`)).status, 200);
    } finally {
      await mine.close();
    }
  });

  it('is 500 and logged where the workflow refused the request, and no retry can help', async () => {
    const mine = await openTestApi();
    try {
      mine.control.onRequest = async () => {
        throw new RunRefusedError('BadInput', new Error('detail'));
      };
      const answer = await mine.call('POST', runs(await mine.twin()));
      assert.deepEqual([answer.status, answer.body.type], [500, '/problems/internal-error']);
      assert.match(mine.logged.join('\n'), /RunRefusedError BadInput/);
    } finally {
      await mine.close();
    }
  });

  it('is 404 when the twin goes meanwhile', async () => {
    const mine = await openTestApi();
    try {
      mine.control.onRequest = async () => ({ enqueued: false, reason: 'gone' });
      const id = await mine.twin();
      assert.equal((await mine.call('POST', runs(id))).status, 404);
    } finally {
      await mine.close();
    }
  });

  it('shows which run used a vote', async () => {
    const id = await api.twin();
    const job = await openJob(api, id);
    const run = (await api.call('GET', `/jobs/${job}`)).body.run.id;
    await api.call('POST', '/feedback/later', { body: { score: 1, twin_id: id } });
    const { items } = (await api.call('GET', `/twins/${id}/feedback`)).body;
    assert.deepEqual(
      items.map(({ used }: Json) => used),
      [null, run, run, run, run, run],
    );
    assert.deepEqual(
      items.map(({ pending }: Json) => pending),
      [true, false, false, false, false, false],
    );
    assert.equal((await api.call('GET', `/twins/${id}/feedback?status=used&limit=2`)).body.items.length, 2);
  });

  it('retries a failed job, and nothing else', async () => {
    const id = await api.twin();
    const job = await openJob(api, id);
    const early = await api.call('POST', `/jobs/${job}/retry`);
    assert.equal(early.status, 409);
    assert.equal(early.body.type, '/problems/job-not-failed');
    await end(job);
    await api.database.sql`update jobs set status = 'failed' where id = ${job}`;
    await api.call('POST', `/twins/${id}/learning/pause`);
    assert.equal((await api.call('POST', `/jobs/${job}/retry`)).body.type, '/problems/paused');
    await api.call('POST', `/twins/${id}/learning/resume`);
    const retried = await api.call('POST', `/jobs/${job}/retry`);
    assert.equal(retried.status, 202);
    assert.equal(retried.body.retry_of, job);
    assert.equal(retried.headers.get('location'), `/jobs/${retried.body.job_id}`);
    const made = (await api.call('GET', `/jobs/${retried.body.job_id}`)).body;
    assert.equal(made.metadata.retry_of, job);
    assert.equal(made.metadata.trigger, 'retry');
    assert.equal((await api.call('POST', `/jobs/${job}/retry`)).body.type, '/problems/job-in-flight');
  });

  it("sweeps the caller's own tenant", async () => {
    const mine = await openTestApi();
    try {
      const [due, idle, foreign] = [await mine.twin(), await mine.twin(), await mine.twin({ key: mine.stranger })];
      await castVotes(mine, due, 6);
      await castVotes(mine, idle, 2);
      for (let n = 0; n < 6; n += 1) {
        await mine.call('POST', `/feedback/f${n}`, { key: mine.stranger, body: { score: 1, twin_id: foreign } });
      }
      const { status, body } = await mine.call('POST', '/sweeps');
      assert.equal(status, 200);
      assert.deepEqual(body, {
        status: 'completed',
        required_events: 5,
        twins_considered: 1,
        jobs_enqueued: 1,
        decisions: [{ twin_id: due, enqueued: true, reason: 'due' }],
      });
      const strict = await mine.call('POST', '/sweeps', { body: { min_events: 50, limit_twins: 20 } });
      assert.deepEqual(strict.body.decisions, []);
      assert.equal(strict.body.required_events, 50);
    } finally {
      await mine.close();
    }
  });
});

describe('health and figures', () => {
  it('tells a degraded server from one that is not ready', async () => {
    let temporal = true;
    const api = await openTestApi({ temporalHealth: async () => temporal });
    try {
      const ready = await api.call('GET', '/readyz', { key: null });
      assert.deepEqual(ready.body, { status: 'ready', postgres: 'ok', temporal: 'ok' });
      temporal = false;
      const degraded = await api.call('GET', '/readyz', { key: null });
      assert.equal(degraded.status, 200);
      assert.deepEqual(degraded.body, { status: 'degraded', postgres: 'ok', temporal: 'away' });
      assert.deepEqual((await api.call('GET', '/healthz', { key: null })).body, { status: 'ok' });
    } finally {
      await api.close();
    }
  });

  it('counts requests by route, votes and decisions, and no names', async () => {
    const api = await openTestApi();
    try {
      const twin_id = await api.twin();
      const vote = { score: 1, twin_id, rater_id: 'canary', comment: 'canary' };
      await api.call('POST', '/feedback/canary-trace', { body: vote });
      await api.call('POST', '/feedback/canary-trace', { body: vote });
      await api.call('GET', '/canary/unknown');
      const { body, headers } = await api.call('GET', '/metrics', { key: null });
      assert.match(headers.get('content-type') ?? '', /^text\/plain/);
      const lines = body.split('\n');
      const route = 'method="POST",route="/feedback/:trace_id",status="202"';
      assert.ok(lines.includes(`twinloop_http_request_duration_seconds_count{${route}} 2`));
      assert.ok(lines.includes('twinloop_votes_total{result="stored"} 1'));
      assert.ok(lines.includes('twinloop_votes_total{result="duplicate"} 1'));
      assert.ok(lines.includes('twinloop_learning_decisions_total{decision="insufficient_events"} 2'));
      assert.ok(!body.includes('canary') && !body.includes(twin_id));
    } finally {
      await api.close();
    }
  });
});
