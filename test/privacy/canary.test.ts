import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decisiveVotes } from '../../bench/throughput/load/decisive-votes.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { freePort } from '../../src/dev/ports.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { connectClient, type TemporalClient } from '../../src/temporal.ts';
import { assertInvariants, findViolations } from '../support/invariants.ts';
import * as llm from '../support/llm-server.ts';
import { LocalSystem } from '../support/local-system.ts';
import { eventually } from '../support/system.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { readRepositoryFile, section } from '../docs/markdown.ts';
import { columnsHolding, MEANT } from './columns.ts';

const CANARY = 'qqcanaryqq';
const SAID = { comment: `${CANARY} is off topic.`, query: `${CANARY} asks`, answer: `${CANARY} answers` };
const TWIN = 'mara';

/** The whole system as ./temporal-dev.sh runs it, talkative, with its payloads encrypted and a model that quotes. */
describe('feedback text, through all that a twin goes through', function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let local: LocalSystem;
  let model: llm.LlmServer;
  let database: OpenDatabase;
  let temporal: TemporalClient;
  let api = '';
  let workerMetrics = '';
  const answers: Record<string, string> = {};

  before(async () => {
    [folder, model] = await Promise.all([createTemporaryFolder(), llm.startLlmServer(llm.answering('[]'))]);
    // As an endpoint does that says what it was asked.
    model.behave((response, question, count) =>
      llm.failing(400, { error: { message: JSON.stringify(question.body) } })(response, question, count),
    );
    const TEMPORAL_CODEC_KEYS = `test:${randomBytes(32).toString('base64')}`;
    const port = await freePort();
    local = await LocalSystem.create(join(folder.path, 'data'), {
      TEMPORAL_CODEC_KEYS,
      TEMPORAL_CODEC_PORT: String(await freePort()),
      WORKER_METRICS_PORT: String(port),
      LOG_LEVEL: 'debug',
      LLM_BASE_URL: model.baseUrl,
      LLM_MODEL: 'test-model',
      FEEDBACK_LEARNING_COOLDOWN_MINUTES: '0',
    });
    const values = await local.ready();
    api = values['api'] ?? '';
    workerMetrics = `http://127.0.0.1:${port}/metrics`;
    database = openDatabase(values['database'] ?? '', { max: 2 });
    temporal = connectClient(loadConfig({ TEMPORAL_ADDRESS: values['temporal'], TEMPORAL_CODEC_KEYS }).temporal);
  });
  after(async () => {
    await temporal?.connection.close();
    await database?.close();
    await local?.end();
    await model?.stop();
    await folder?.remove();
  });

  /** Keeps what a refusal says, which is searched, too. */
  async function call(method: string, path: string, body?: unknown, status = 200): Promise<unknown> {
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: { authorization: 'Bearer dev-key', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${path}: ${text}`);
    if (status >= 400) answers[`${status} of ${method} ${path}`] = text;
    return text === '' ? undefined : JSON.parse(text);
  }
  const runs = async (): Promise<{ publish_decision: string; candidate_version: string | null }[]> =>
    database.sql`select publish_decision, candidate_version from persona_feedback_learning_runs
      where completed_at is not null order by created_at`;

  /** Logs of every process, metrics of both, and what was refused. */
  async function captured(): Promise<Record<string, string>> {
    const logs = join(local.dataDir, 'logs');
    const files = await Promise.all(
      (await readdir(logs)).map(async (name) => [name, await readFile(join(logs, name), 'utf8')] as const),
    );
    const scraped = await Promise.all(
      [`${api}/metrics`, workerMetrics].map(async (url) => [url, await (await fetch(url)).text()] as const),
    );
    return { ...Object.fromEntries([...files, ...scraped]), ...answers };
  }

  it('is learned from while steps fail over it, is held, approved and swept', async () => {
    await call('POST', '/twins', { id: TWIN, name: 'Mara', spec: starterPersona }, 201);
    await call('POST', `/twins/${TWIN}/prompt`, { trace_id: 'asked', query: SAID.query });
    // The database quotes a row in what it refuses, twice; then the step's third attempt comes through.
    await database.sql.unsafe(`
      create sequence refusals;
      create function refuse() returns trigger language plpgsql as $$ begin
        if nextval('refusals') <= 2 then
          raise exception 'not this' using detail = (select comment from persona_training_events limit 1);
        end if;
        return new;
      end $$;
      create trigger refusing before insert on persona_specs for each row when (new.origin = 'learned') execute function refuse()`);
    const { items } = decisiveVotes(TWIN) as { items: object[] };
    await call('POST', '/feedback', { items: items.map((item) => ({ ...item, ...SAID })) }, 202);
    const [run] = await eventually('a run', async () => ((await runs()).length > 0 ? runs() : false), 60_000);
    assert.equal(run?.publish_decision, 'held');
    const [refusals] = await database.sql<{ n: number }[]>`select last_value::int as n from refusals`;
    assert.equal(refusals?.n, 3);
    await call('POST', `/twins/${TWIN}/persona-specs/${run.candidate_version}/approve`, {
      acknowledge: ['behaviour'],
      reason: 'the model is away',
    });
    await call('POST', '/sweeps', {});
    await temporal.client.schedule.getHandle('feedback-learning-sweep').trigger();
  });

  it('is told to a model, which quotes it in its errors', async () => {
    await call('POST', '/twins', { id: 'lena', name: 'Lena', spec: starterPersona }, 201);
    // Too few to decide over the module, enough for a question.
    const against = { score: -1, intent_label: 'factual_with_evidence', module_ids: ['factual.direct_answer'] };
    const items = Array.from({ length: 12 }, (_, n) => ({
      trace_id: `lena-${n}`,
      twin_id: 'lena',
      rater_id: `reader-${n}`,
      ...against,
      ...SAID,
    }));
    await call('POST', '/feedback', { items }, 202);
    await eventually('a second run', async () => (await runs()).length > 1, 60_000);
    assert.ok(JSON.stringify(model.asked).includes(CANARY), 'the model was not told of it');
  });

  it('is in refusals of every kind', async () => {
    const vote = { twin_id: TWIN, rater_id: 'r', score: 1, event_id: 'once', ...SAID };
    await call('POST', '/feedback/t', vote, 202);
    await call('POST', '/feedback/t', { ...vote, score: -1 }, 409);
    await call('POST', '/feedback/t', { ...vote, reason: CANARY, [CANARY]: CANARY.repeat(20) }, 422);
    await call('POST', '/feedback/t', `{"comment": "${CANARY}", `, 400);
    await call('POST', '/feedback/t', { ...vote, comment: CANARY.repeat(20_000) }, 413);
    await call('POST', '/feedback/t', { ...vote, twin_id: 'nobody' }, 404);
    await call('DELETE', `/feedback/t?twin_id=${TWIN}&rater_id=r`, undefined, 204);
  });

  it('is afterwards in no history, log, metric or error', async () => {
    // A name that the caller made up is said back to the caller; what a field holds never is.
    for (const [name, text] of Object.entries(answers)) {
      if (name.startsWith('422')) answers[name] = text.replaceAll(`"/${CANARY}"`, '');
    }
    await assertInvariants({ database, client: temporal.client }, { canaries: [CANARY], captured: await captured() });
  });

  it('is stored where it is meant to be, and nowhere else', async () => {
    assert.deepEqual(await columnsHolding(database, CANARY), [...MEANT].toSorted());
    const rows = section(readRepositoryFile('docs/privacy.md'), 'What is never written').matchAll(/^\| `(\w+\.\w+)`/gm);
    assert.deepEqual(new Set([...rows].map(([, column]) => column)), MEANT, 'docs/privacy.md');
  });

  it('would be found', async () => {
    await temporal.client.workflow.getHandle(`twin-${TWIN}`).signal('nobodyKnowsThis', CANARY);
    const violations = await findViolations(
      { database, client: temporal.client },
      { canaries: [CANARY], captured: { log: `{"message":"${CANARY}"}` } },
    );
    const offenders = violations.flatMap((one) => (one.name === 'I10' ? one.offenders : []));
    assert.equal(offenders.length, 2, offenders.join('\n'));
    assert.ok(offenders.some((line) => line.endsWith('in log')) && offenders.some((line) => line.includes('in event')));
  });
});
