import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { readLearning } from '../../src/commands/learning-view.ts';
import { pauseTwin } from '../../src/commands/policy.ts';
import { approveSpec, publishSpec } from '../../src/commands/publish-spec.ts';
import { requestRun } from '../../src/commands/request-run.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { rollbackSpec } from '../../src/commands/rollback-spec.ts';
import { readProbationStreams } from '../../src/db/probation.ts';
import { readActiveSpec, readSpecRow, type SpecRow } from '../../src/db/spec-writes.ts';
import { findSweepCandidates } from '../../src/db/sweep.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { holdCandidate } from '../support/candidate.ts';
import { oneActiveSpec } from '../support/invariants/specs.ts';
import { DEFAULTS, openBench, unique, type Bench, type Cast } from './support.ts';

const DAY_MS = 86_400_000;

describe('probation of a published version', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** Votes on a version, each of another rater, the share of thumbs up evenly spread. */
  const on = (version: string, count: number, share: number, more: Cast = {}): Cast[] =>
    Array.from({ length: count }, (_, i) => ({
      rater_id: `rater-${i}`,
      score: Math.floor((i + 1) * share) > Math.floor(i * share) ? 1 : -1,
      spec_version: version,
      ...more,
    }));

  const active = async (twin: TwinRef): Promise<SpecRow> => {
    const spec = await readActiveSpec(bench.database.db, twin.id);
    assert.ok(spec);
    return spec;
  };

  /** A twin whose learned 1.0.1 was approved just now, after `old` votes on 1.0.0; and the job that learned it. */
  async function published(old: Cast[] = on('1.0.0', 100, 0.8), operations?: (spec: PersonaSpec) => never[]) {
    const twin = await bench.twin({ policy: { min_events: 10_000 } });
    const asked = { request_id: unique('request'), force: true, actor: 'key:owner' };
    const answer = await requestRun(bench.database, twin.id, asked, DEFAULTS);
    assert.ok(answer.enqueued && answer.job_id !== undefined);
    await bench.complete(twin, answer.job_id);
    const [run] = await bench.database.db.execute<{ id: string }>(
      sql`select id from persona_feedback_learning_runs where job_id = ${answer.job_id}`,
    );
    await bench.cast(twin, old);
    const options = operations === undefined ? {} : { operations };
    const held = await holdCandidate(bench.database, twin.id, { ...options, row: { run_id: run!.id } });
    const result = await approveSpec(bench.database, twin, held.version, 'key:owner', {});
    assert.equal(result.status, 'published');
    assert.equal(held.version, '1.0.1');
    return { twin, jobId: answer.job_id };
  }

  const view = async (twin: TwinRef) => {
    const learning = await readLearning(bench.database, twin.id, DEFAULTS);
    assert.ok(learning);
    return learning;
  };

  const endOf = async (twin: TwinRef, version = '1.0.1') =>
    (await readSpecRow(bench.database.db, twin.id, version))?.probation;

  const letTimePass = (twin: TwinRef) =>
    bench.database.db.execute(
      sql`update twin_state set probation_until = now() - interval '1 second' where twin_id = ${twin.id}`,
    );

  it('leaves out answers with a draft on trial: they say nothing of what was published', async () => {
    const modules = [{ id: 'factual.check_the_numbers', hash: 'x' }];
    const { twin } = await published([...on('1.0.0', 60, 0.8), ...on('1.0.0', 40, 0, { modules })]);
    await bench.cast(twin, [...on('1.0.1', 40, 0, { modules }), ...on('1.0.1', 30, 0.8)]);
    await bench.plan(twin);
    assert.equal((await active(twin)).version, '1.0.1');
    const { old_votes, old_mean, votes, mean } = (await view(twin)).probation?.figures ?? {};
    assert.deepEqual({ old_votes, old_mean, votes, mean }, { old_votes: 60, old_mean: 0.8, votes: 30, mean: 0.8 });
  });

  it('reads a bounded part of the ledger before publishing, and what has become of it since', async () => {
    const old = on('1.0.0', 20, 0.5).map((cast, i) => ({ ...cast, trace_id: `old-${i}` }));
    const { twin } = await published(old);
    await bench.castOne(twin, { trace_id: 'early', spec_version: '1.0.1', rater_id: 'rater-0' });
    const streams = async (...limits: number[]) => {
      const { old: before, fresh } = await readProbationStreams(
        bench.database.db,
        await active(twin),
        limits.length === 0 ? undefined : limits,
      );
      return { old: before.map(({ rater_id }) => rater_id), fresh: fresh.length };
    };
    const raters = old.map(({ rater_id }) => rater_id);
    assert.deepEqual(await streams(), { old: raters, fresh: 1 });
    assert.deepEqual(await streams(5), { old: raters.slice(-5), fresh: 1 });
    assert.deepEqual(await streams(5, 12), { old: raters.slice(-12), fresh: 1 }, 'too few: more are read');
    await bench.retract(twin, 'old-19', 'rater-19');
    await bench.castOne(twin, { ...old[18], score: 1, spec_version: '1.0.1' });
    assert.deepEqual(await streams(5), { old: raters.slice(-5, -2), fresh: 2 });
  });

  it('rolls back what people like less, with its reason in the job log, vetoes and an audit row', async () => {
    const { twin, jobId } = await published();
    await bench.cast(twin, on('1.0.1', 40, 0.2));
    await bench.plan(twin);

    const live = await active(twin);
    assert.deepEqual(
      [live.version, live.origin, live.published_by, live.restores_version],
      ['1.0.2', 'rollback', 'probation', '1.0.0'],
    );
    assert.equal(live.content_hash, (await readSpecRow(bench.database.db, twin.id, '1.0.0'))?.content_hash);
    assert.match(live.reason ?? '', /^probation of 1\.0\.1: \d+ of 300 votes so far.* against 80 % of 100 before/);
    assert.equal(await endOf(twin), 'rolled_back');
    assert.equal((await bench.state(twin)).probation_until, null);

    const learning = await view(twin);
    assert.deepEqual(
      learning.vetoes.map(({ cause, version }) => [cause, version]),
      [['rolled_back', '1.0.1']],
    );
    assert.equal(learning.probation, null);
    const logs = await bench.database.db.execute<{ level: string; message: string; metadata: Record<string, unknown> }>(
      sql`select level, message, metadata from job_logs where job_id = ${jobId} order by id desc limit 1`,
    );
    assert.equal(logs[0]?.level, 'warning');
    assert.match(logs[0]?.message ?? '', /^Rolled 1\.0\.1 back to 1\.0\.0 as 1\.0\.2: probation/);
    assert.equal(logs[0]?.metadata['old_votes'], 100);
    const audits = await bench.database.db.execute(
      sql`select from audit_log where twin_id = ${twin.id} and actor = 'probation' and action = 'spec.rollback'`,
    );
    assert.equal(audits.length, 1);
    assert.deepEqual(await oneActiveSpec.offenders(bench as never, {} as never), []);

    await bench.plan(twin);
    assert.equal((await active(twin)).version, '1.0.2', 'once is enough');
  });

  it('watches a version that people like as much, shows its votes, and waits for the end of its time', async () => {
    const { twin } = await published();
    await bench.cast(twin, on('1.0.1', 30, 0.8));
    const plan = await bench.plan(twin);
    assert.ok(plan.kind === 'waitUntil' && plan.votesWake === true, JSON.stringify(plan));
    // The cooldown ends first.
    assert.ok(plan.waitMs <= DEFAULTS.cooldown_minutes * 60_000);
    await bench.database.db.execute(sql`update twin_state set cooldown_until = null where twin_id = ${twin.id}`);
    const later = await bench.plan(twin);
    assert.ok(later.kind === 'waitUntil');
    assert.ok(later.waitMs > 13.9 * DAY_MS && later.waitMs <= 14 * DAY_MS, `${later.waitMs}`);
    assert.equal(later.view.state, 'probation');

    const learning = await view(twin);
    assert.equal(learning.state, 'probation');
    assert.match(learning.message, /1\.0\.1 is on probation.*30 of 300 votes so far, 80 % up, against 80 % of 100/);
    assert.deepEqual(
      [learning.probation?.status, learning.probation?.figures?.votes, learning.probation?.figures?.old_votes],
      ['running', 30, 100],
    );
    assert.match(learning.probation?.decides ?? '', /rolled back at 20 with 3 raters/);
  });

  it('rolls nothing back for 500 thumbs down of one person', async () => {
    const { twin } = await published();
    const days = Array.from({ length: 20 }, (_, i) => new Date(Date.now() + i * 1_000 + 60_000));
    await bench.cast(
      twin,
      Array.from({ length: 500 }, (_, i) => ({
        rater_id: 'troll',
        score: -1,
        spec_version: '1.0.1',
        occurred_at: days[i % days.length]!,
      })),
    );
    await bench.plan(twin);
    assert.equal((await active(twin)).version, '1.0.1');
    const { figures } = (await view(twin)).probation!;
    assert.ok(figures!.votes <= 2 && figures!.down_raters === 1, JSON.stringify(figures));
  });

  it('counts only standing votes of contexts that train, on answers of the version', async () => {
    const { twin } = await published();
    await bench.cast(twin, on('1.0.1', 60, 0, { interaction_context: 'public_widget', channel: 'public' }));
    await bench.cast(twin, on('0.9.0', 60, 0));
    await bench.castOne(twin, { trace_id: 'taken-back', rater_id: 'regret', score: -1, spec_version: '1.0.1' });
    const key = { tenant_id: twin.tenant_id, twin_id: twin.id, trace_id: 'taken-back', message_id: '' };
    assert.equal(await retractVote(bench.database, { ...key, rater_id: 'regret' }), 'retracted');
    await bench.castOne(twin, { trace_id: 'changed', rater_id: 'fickle', score: -1, spec_version: '1.0.1' });
    await bench.castOne(twin, { trace_id: 'changed', rater_id: 'fickle', score: 1, spec_version: '1.0.1' });
    await bench.plan(twin);
    const { figures } = (await view(twin)).probation!;
    assert.deepEqual([figures!.votes, figures!.mean, figures!.old_votes], [1, 1, 100]);
  });

  it('rolls nothing back with few votes on the version before, and says so', async () => {
    const { twin } = await published(on('1.0.0', 49, 1));
    await bench.cast(twin, on('1.0.1', 200, 0));
    await bench.plan(twin);
    assert.equal((await active(twin)).version, '1.0.1');
    assert.match((await view(twin)).probation?.decides ?? '', /only 49 of the 50 votes.*roll back yourself/);
  });

  it('keeps a version at 300 votes', async () => {
    const { twin, jobId } = await published();
    await bench.cast(twin, on('1.0.1', 299, 0.85));
    await bench.plan(twin);
    assert.equal(await endOf(twin), 'running');
    await bench.cast(twin, [{ rater_id: 'the-300th', spec_version: '1.0.1' }]);
    await bench.plan(twin);
    assert.equal(await endOf(twin), 'kept');
    const [log] = await bench.database.db.execute<{ message: string }>(
      sql`select message from job_logs where job_id = ${jobId} order by id desc limit 1`,
    );
    assert.match(log?.message ?? '', /^Kept 1\.0\.1 after its probation: 300 of 300/);
    assert.equal((await view(twin)).probation?.status, 'kept');
    assert.notEqual((await view(twin)).state, 'probation');
  });

  it('keeps it undecided when its time is over, which the sweep finds', async () => {
    const { twin } = await published();
    const found = async () =>
      (
        await findSweepCandidates(bench.database.db, {
          minEvents: 5,
          defaultMinEvents: 5,
          limit: 1_000,
          tenantId: null,
        })
      ).filter(({ twin_id }) => twin_id === twin.id);
    assert.deepEqual(await found(), []);
    await letTimePass(twin);
    assert.deepEqual(
      (await found()).map(({ reason }) => reason),
      ['probation_over'],
    );
    await bench.plan(twin);
    assert.equal(await endOf(twin), 'undecided');
    assert.deepEqual(await found(), []);
    assert.equal((await active(twin)).version, '1.0.1');
  });

  it('ends with what its owner does: a publish keeps it, a rollback rolls it back', async () => {
    const first = await published();
    const draft = await createSpec(bench.database, first.twin, 'key:owner', { spec: (await active(first.twin)).spec });
    assert.ok(draft);
    const result = await publishSpec(bench.database, first.twin, draft.version, 'key:owner', {
      acknowledge: ['golden', 'plan', 'budget', 'constitution'],
      reason: 'mine',
    });
    assert.equal(result.status, 'published', JSON.stringify(result));
    assert.equal(await endOf(first.twin), 'kept');
    assert.equal((await bench.state(first.twin)).probation_until, null);

    const second = await published();
    await rollbackSpec(bench.database, second.twin, 'key:owner', {});
    assert.equal(await endOf(second.twin), 'rolled_back');
    assert.equal((await bench.state(second.twin)).probation_until, null);
  });

  it('decides nothing while the twin is paused', async () => {
    const { twin } = await published();
    await bench.cast(twin, on('1.0.1', 60, 0));
    await pauseTwin(bench.database, twin, 'key:owner');
    assert.equal((await bench.plan(twin)).kind, 'wait');
    assert.equal((await active(twin)).version, '1.0.1');
  });

  it('begins none for a version whose prompts are the same', async () => {
    const surer = (spec: PersonaSpec) => {
      const module = spec.procedural_modules.find(({ pinned }) => !pinned)!;
      const path = `/procedural_modules/${module.id}/confidence`;
      return [{ op: 'set', path, from: module.confidence, to: module.confidence - 0.001 }] as never[];
    };
    const { twin } = await published(undefined, surer);
    assert.equal((await active(twin)).probation, null);
    assert.equal((await bench.state(twin)).probation_until, null);
    assert.equal((await view(twin)).probation, null);
  });

  it('wakes for votes while it runs, though none makes the twin due', async () => {
    const { twin } = await published();
    const seen = await bench.castOne(twin, { spec_version: '1.0.1' });
    assert.deepEqual([seen.wake, seen.watched], [false, true]);
    const other = await bench.castOne(await bench.twin());
    assert.deepEqual([other.wake, other.watched], [false, false], 'neither due nor watched');
  });
});
