import assert from 'node:assert/strict';
import proto from '@temporalio/proto';
import { createTwin } from '../../src/commands/create-twin.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { freePort } from '../../src/dev/ports.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { SWEEP_SCHEDULE_ID } from '../../src/workflows/contract.ts';
import { vote } from '../commands/support.ts';
import { answering, failing, startLlmServer } from '../support/llm-server.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { useTemporal } from '../support/temporal.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn, serveSystem } from './support.ts';

describe('twinloop on a whole system', function () {
  this.timeout(120_000);
  let system: TestSystem;
  let api: Awaited<ReturnType<typeof serveSystem>>;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    system = await startSystem();
    await system.startWorker();
    api = await serveSystem(system);
    const { address } = await useTemporal();
    env = { ...api.env, DATABASE_URL: system.url, TEMPORAL_ADDRESS: address };
  });
  after(async () => {
    await api?.stop();
    await system?.stop();
  });

  async function newTwin(): Promise<string> {
    const id = freshId('cli');
    await createTwin(system.database, { id, tenant_id: 't' }, 'key:test', {
      name: id,
      policy: undefined,
      first: { spec: starterPersona },
    });
    return id;
  }

  describe('demo', () => {
    it('shows votes, steps, the gate and the prompt before and after; approves; sums up as JSON', async () => {
      const { code, err, json } = await cli(['demo'], env);
      assert.equal(code, 0, err);
      const said = json();
      assert.deepEqual(said.version, { before: '1.0.0', after: '1.0.1' });
      assert.deepEqual([said.outcome, said.job.status, said.gate.verdict], ['approved', 'complete', 'pass']);
      assert.equal(said.votes.past.inserted, 400);
      assert.equal(said.votes.before.up + said.votes.before.down, 40);
      assert.ok(said.votes.after.up > said.votes.before.up, JSON.stringify(said.votes));
      assert.match(said.prompt.before, /two sentences on the history/);
      assert.doesNotMatch(said.prompt.after, /two sentences on the history/);
      for (const shown of [
        /votes 40 of 40/,
        /Queued by feedback_event with 440 pending votes/,
        /\[x\] learn {2}\[x\] gate {2}\[x\] publish {2}\[x\] finish/,
        /│ golden +│ pass/,
        /Module factual\.background_first: status active -> archived/,
        /approved 1\.0\.1/,
        /- - Begin with two sentences on the history/,
      ]) {
        assert.match(err, shown);
      }
    });

    it('takes votes of a file, and leaves publishing to the policy when told', async () => {
      const folder = await createTemporaryFolder();
      try {
        const lines = Array.from({ length: 200 }, (_, i) =>
          JSON.stringify({
            event_id: `e${i}`,
            rater_id: `r${i % 80}`,
            score: i % 2 === 0 ? -1 : 1,
            module_ids: i % 2 === 0 ? ['tone.shouting', 'tone.short'] : ['tone.short'],
          }),
        );
        const file = await fileIn(folder.path, 'past.jsonl', lines);
        const { code, err, json } = await cli(['demo', '--data', file, '--votes', '5', '--auto-publish'], env);
        assert.equal(code, 0, err);
        const { outcome, votes, changes } = json();
        assert.deepEqual([outcome, votes.past.inserted], ['published', 200]);
        assert.ok(
          changes.some((change: string) => change.startsWith('Module tone.shouting: status active -> archived')),
        );
      } finally {
        await folder.remove();
      }
    });
  });

  describe('import --run', () => {
    it('requests a run after the last row and waits for its end', async () => {
      const folder = await createTemporaryFolder();
      const id = await newTwin();
      try {
        const lines = Array.from({ length: 600 }, (_, i) =>
          JSON.stringify({
            score: i % 5 === 0 ? 1 : -1,
            rater_id: `r${i % 60}`,
            module_ids: ['factual.cite'],
            query: `q${i}`,
          }),
        );
        const file = await fileIn(folder.path, 'votes.jsonl', lines);
        const { code, err, json } = await cli(['import', file, '--twin', id, '--run'], env);
        assert.equal(code, 0, err);
        const { inserted, run } = json();
        assert.deepEqual([inserted, run.status, run.publish_decision], [600, 'complete', 'held']);
        assert.ok(run.summary.length > 0);
        const jobs = await system.database.sql`select metadata from jobs where twin_id = ${id}`;
        assert.deepEqual(
          jobs.map(({ metadata }) => metadata.events_processed),
          [600],
        );
      } finally {
        await folder.remove();
      }
    });
  });

  describe('sweep', () => {
    const due = async (votes: number): Promise<string> => {
      const id = await newTwin();
      // Stored without a poke, as when Temporal was away.
      await recordVotes(
        system.database,
        Array.from({ length: votes }, (_, i) => vote({ id, tenant_id: 't' }, { trace_id: `t${i}`, rater_id: `r${i}` })),
        system.defaults,
      );
      return id;
    };

    it('wakes the twins that are due, and prints what it did', async () => {
      const [busy, quiet] = [await due(60), await due(40)];
      const { code, err, json } = await cli(['sweep', '--once', '--min-events', '50', '--limit-twins', '20'], env);
      assert.equal(code, 0, err);
      const { timestamp, summary } = json();
      assert.ok(Math.abs(Date.now() - Date.parse(timestamp)) < 60_000);
      assert.deepEqual([summary.status, summary.required_events], ['completed', 50]);
      const decided = summary.decisions.map(({ twin_id }: { twin_id: string }) => twin_id);
      assert.deepEqual([decided.includes(busy), decided.includes(quiet)], [true, false]);
      await eventually('a job of the busy twin', async () => {
        const [job] = await system.database
          .sql`select metadata from jobs where twin_id = ${busy} and status = 'complete'`;
        return job?.['metadata'].trigger === 'scheduled_sweep';
      });
    });

    it('goes on until it is stopped, a line of JSON a sweep', async () => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 1_500);
      const { code, out } = await cli(['sweep', '--min-events', '1000'], env, stop.signal);
      assert.equal(code, 0);
      assert.deepEqual(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).summary.status),
        ['completed'],
      );
    });

    it('fails when a twin could not be woken, and says which', async () => {
      const id = await due(70);
      const away = { ...env, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
      const { code, err, json } = await cli(['sweep', '--once', '--min-events', '70', '--limit-twins', '20'], away);
      assert.equal(code, 1);
      assert.match(err, /1 twins could not be woken: does Temporal at 127/);
      assert.deepEqual(json().summary.decisions, [{ twin_id: id, enqueued: false, reason: 'poke_failed' }]);
    });
  });

  describe('doctor', () => {
    const statuses = (findings: { check: string; status: string }[]) =>
      Object.fromEntries(findings.map(({ check, status }) => [check, status]));
    const removeSchedule = async () => {
      await system.client.schedule
        .getHandle(SWEEP_SCHEDULE_ID)
        .delete()
        .catch(() => undefined);
    };
    beforeEach(removeSchedule);
    after(removeSchedule);

    it('names what is missing with its command, makes it when told, and is content then', async () => {
      const first = await cli(['doctor'], env);
      assert.equal(first.code, 1);
      assert.equal(first.json().ok, false);
      assert.deepEqual(
        first.json().findings.filter(({ status }: { status: string }) => status !== 'ok'),
        [
          {
            check: 'schedule',
            status: 'missing',
            detail: `There is no Schedule ${SWEEP_SCHEDULE_ID}.`,
            command: 'npx twinloop doctor --fix',
          },
        ],
      );
      assert.match(first.err, /missing schedule: .*\n {8}-> npx twinloop doctor --fix/);
      const fixed = await cli(['doctor', '--fix'], env);
      assert.deepEqual([fixed.code, statuses(fixed.json().findings)['schedule']], [0, 'fixed']);
      const content = await cli(['doctor'], env);
      assert.deepEqual([content.code, content.json().ok], [0, true]);
    });

    it('says whether a language model is configured, and whether it answers', async () => {
      await cli(['doctor', '--fix'], env);
      const about = async (more: NodeJS.ProcessEnv) => {
        const { code, out, err, json } = await cli(['doctor'], { ...env, ...more });
        assert.doesNotMatch(out + err, /sk-secret/);
        const one = json().findings.find(({ check }: { check: string }) => check === 'language model');
        return [code, one.status, one.detail];
      };
      assert.deepEqual(await about({}), [0, 'ok', 'off: LLM_BASE_URL is not set']);
      const server = await startLlmServer(answering('OK'));
      const set = { LLM_BASE_URL: server.baseUrl, LLM_MODEL: 'test-model', LLM_API_KEY: 'sk-secret' };
      assert.deepEqual(await about(set), [0, 'ok', 'test-model answers']);
      server.behave(failing(401, { error: { message: 'sk-secret is wrong' } }));
      assert.deepEqual(await about(set), [
        1,
        'missing',
        "The language model's endpoint answered HTTP 401. Learning goes on without it.",
      ]);
      await server.stop();
    });

    it('registers search attributes in a namespace that has none, and misses its workers', async () => {
      const namespace = freshId('bare');
      await system.client.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: proto.google.protobuf.Duration.fromObject({ seconds: 86_400 }),
      });
      const bare = { ...env, TEMPORAL_NAMESPACE: namespace };
      const before = await cli(['doctor'], bare);
      const [attributes] = before
        .json()
        .findings.filter(({ check }: { check: string }) => check === 'search attributes');
      assert.equal(attributes.detail, 'not registered: TwinId, TenantId, LearningState, LastDecision');
      assert.equal(attributes.command, 'npx twinloop doctor --fix');
      const { code, json } = await cli(['doctor', '--fix'], bare);
      const { 'search attributes': registered, schedule, workers } = statuses(json().findings);
      assert.deepEqual([code, registered, schedule, workers], [1, 'fixed', 'fixed', 'missing']);
      const absent = await cli(['doctor'], { ...env, TEMPORAL_NAMESPACE: 'absent' });
      assert.match(
        absent.err,
        /has no namespace absent\n {8}-> temporal operator namespace create --address .* --namespace absent/,
      );
    });

    it('tells of an unknown key', async () => {
      const { code, json } = await cli(['doctor', '--fix'], { ...env, TWINLOOP_API_KEY: 'other' });
      assert.deepEqual([code, statuses(json().findings)['api key']], [1, 'missing']);
    });

    it('tells of each that is away, and skips what needs it', async () => {
      const port = await freePort();
      const away = {
        DATABASE_URL: `postgres://u:geheim@127.0.0.1:${port}/x`,
        TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
        TWINLOOP_URL: `http://127.0.0.1:${port}`,
      };
      const { code, out, err, json } = await cli(['doctor', '--fix'], away);
      assert.equal(code, 1);
      assert.deepEqual(statuses(json().findings), {
        'postgres encryption': 'ok',
        'temporal encryption': 'ok',
        postgres: 'missing',
        migrations: 'skipped',
        temporal: 'missing',
        'search attributes': 'skipped',
        schedule: 'skipped',
        workers: 'skipped',
        api: 'missing',
        'api key': 'skipped',
        metrics: 'skipped',
        'language model': 'ok',
      });
      assert.ok(!`${out}${err}`.includes('geheim'));
    });
  });
});
