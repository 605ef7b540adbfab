import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { examineClocks } from '../../src/cli/doctor/clocks.ts';
import { examineEncryption } from '../../src/cli/doctor/encryption.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { ensureDemoTenant } from '../../src/db/key-writes.ts';
import { jobs } from '../../src/db/schema/jobs.ts';
import { loadConfig } from '../../src/config.ts';
import { connectClient } from '../../src/temporal.ts';
import { SWEEP_SCHEDULE_ID } from '../../src/workflows/contract.ts';
import { startSystem, type TestSystem } from '../support/system.ts';
import { addTwin } from '../support/twins.ts';
import { cli, serveSystem } from './support.ts';

describe('twinloop doctor, on a system that runs', () => {
  let system: TestSystem;
  let api: Awaited<ReturnType<typeof serveSystem>>;
  let env: NodeJS.ProcessEnv;
  const schedule = () => system.client.schedule.getHandle(SWEEP_SCHEDULE_ID);

  before(async () => {
    system = await startSystem();
    api = await serveSystem(system);
    env = { ...api.env, DATABASE_URL: system.url, TEMPORAL_ADDRESS: system.address };
    await system.startWorker();
    await cli(['doctor', '--fix'], env);
  });
  after(async () => {
    await schedule().delete();
    await api.stop();
    await system.stop();
  });

  async function examined(more: NodeJS.ProcessEnv = {}) {
    const { code, json } = await cli(['doctor'], { ...env, ...more });
    const { ok, findings } = json<{ ok: boolean; findings: Finding[] }>();
    return {
      code,
      ok,
      findings,
      of: (check: string) => findings.find((one) => one.check === check) ?? assert.fail(`no finding ${check}`),
    };
  }

  it('looks at everything, and is content', async () => {
    const { code, ok, findings } = await examined();
    assert.deepEqual([code, ok], [0, true]);
    assert.deepEqual(
      findings.map(({ check }) => check),
      [
        'postgres encryption, temporal encryption, postgres, migrations, temporal, search attributes, schedule, payloads',
        'workers, clocks, keys, due votes, failed jobs, retention, api, api key, metrics, language model',
      ]
        .join(', ')
        .split(', '),
    );
    for (const { check, status, command } of findings) assert.deepEqual([status, command], ['ok', null], check);
  });

  it('leaves out what needs a running system before the start', async () => {
    const { json } = await cli(['doctor', '--before-start'], env);
    assert.deepEqual(
      json<{ findings: Finding[] }>()
        .findings.map(({ check }) => check)
        .slice(-3),
      ['temporal', 'search attributes', 'schedule'],
    );
  });

  it('warns of a Schedule that is paused, with the command that resumes it', async () => {
    await schedule().pause();
    const { code, of } = await examined();
    const { status, detail, command } = of('schedule');
    assert.deepEqual([code, status], [0, 'warning']);
    assert.match(detail, /is paused by an operator, last run /);
    assert.match(command ?? '', /^temporal schedule toggle .*--unpause$/);
    await schedule().unpause();
  });

  it('warns of the development key in production, and of a tenant without an owner', async () => {
    await ensureDemoTenant(system.database.db, 'dev-key');
    assert.equal((await examined()).of('keys').status, 'ok');
    const { of } = await examined({ NODE_ENV: 'production' });
    assert.equal(of('keys').status, 'warning');
    const id = /^npx twinloop keys revoke (\S+)$/.exec(of('keys').command ?? '')?.[1] ?? assert.fail(of('keys').detail);
    assert.equal((await cli(['keys', 'revoke', id], env)).code, 0);
    assert.equal((await examined({ NODE_ENV: 'production' })).of('keys').status, 'ok');

    await addTwin(system, { tenant: 'ownerless' });
    const { status, command } = (await examined()).of('keys');
    assert.deepEqual([status, command], ['warning', 'npx twinloop keys create --tenant ownerless --role owner']);
    await cli(['keys', 'create', '--tenant', 'ownerless', '--role', 'owner'], env);
    assert.equal((await examined()).of('keys').status, 'ok');
  });

  it('warns of twins that are due for long, and of jobs that were left or need attention', async () => {
    const { db } = system.database;
    const twin = await addTwin(system);
    await twin.vote();
    assert.match(
      (await examined()).of('due votes').detail,
      /^twins that are due: 1, none for long; their oldest vote came at /,
    );
    await db.execute(
      sql`update twin_state set updated_at = now() - interval '21 minutes' where twin_id = ${twin.ref.id}`,
    );
    const late = (await examined()).of('due votes');
    assert.deepEqual(
      [late.status, late.detail],
      ['warning', `Twins that are due for 20 minutes: 1, such as ${twin.ref.id}.`],
    );
    assert.equal((await cli((late.command ?? '').split(' ').slice(2), env)).code, 0);
    await twin.ended();
    assert.equal((await examined()).of('due votes').detail, 'no twin is due');

    await db
      .update(jobs)
      .set({ status: 'processing', completed_at: null, updated_at: sql`now() - interval '6 minutes'` as never });
    assert.match((await examined()).of('due votes').detail, /^Open jobs that nobody touched for five minutes: 1\./);
    await db.update(jobs).set({ status: 'needs_attention', completed_at: sql`now()` as never });
    const { code, of } = await examined();
    const [job] = await twin.jobs();
    assert.deepEqual([code, of('failed jobs').status], [0, 'warning']);
    assert.ok(of('failed jobs').command?.includes(`/jobs/${job?.id}/retry`));
  });

  it('warns of clocks that are apart', async () => {
    const temporal = connectClient(loadConfig({ HOME: '/nonexistent', TEMPORAL_ADDRESS: system.address }).temporal);
    const hourAhead = { execute: async () => [{ ms: Date.now() + 3_600_000 }] } as never;
    const { status, detail } = await examineClocks(hourAhead, temporal);
    assert.deepEqual(
      [status, detail],
      ['warning', "Not as this machine's: Postgres' by 3600 s. Cooldowns would seem off."],
    );
    await temporal.connection.close();
  });

  it('warns of connections to other machines that are in clear or not checked', async () => {
    const findingsOf = async (more: NodeJS.ProcessEnv) => {
      const away = { TEMPORAL_ADDRESS: 't.invalid:7233', DATABASE_URL: 'postgres://u:p@db.invalid/x' };
      return examineEncryption(loadConfig({ HOME: '/nonexistent', ...away, ...more }));
    };
    for (const { status, detail } of await findingsOf({ TWINLOOP_ALLOW_PLAINTEXT: 'true' })) {
      assert.equal(status, 'warning');
      assert.match(detail, /as TWINLOOP_ALLOW_PLAINTEXT allows/);
    }
    const required = 'postgres://u:p@db.invalid/x?sslmode=require';
    const [postgres, temporal] = await findingsOf({ TEMPORAL_TLS: 'true', DATABASE_URL: required });
    assert.equal(postgres?.detail, 'encrypted, to any server that answers: its name is not checked');
    assert.equal(temporal?.detail, 'encrypted, and the server is checked');
  });
});
