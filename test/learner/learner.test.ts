import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { isConnectionError } from '../../src/db/errors.ts';
import { createSnapshot, type SnapshotRow } from '../../src/db/snapshots.ts';
import { readActiveSpec } from '../../src/db/spec-writes.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { createLearner, type Learner } from '../../src/learner/learner.ts';
import { createQuestions } from '../../src/learner/questions.ts';
import { starterPersona as active } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { openBench, TENANT, unique, type Bench } from '../commands/support.ts';
import { fillLedger } from '../support/many-votes.ts';
import { eventually } from '../support/system.ts';

const MODULES = active.procedural_modules.map((module) => ({ id: module.id, hash: moduleHash(module) }));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const named = (name: string) => (error: unknown) => error instanceof Error && error.name === name;

describe("the learner's thread", () => {
  let bench: Bench;
  let twin: TwinRef;
  let snapshot: SnapshotRow;
  let learner: Learner;
  let propose: (signal?: AbortSignal) => ReturnType<typeof ask>;
  const ask = (of: Learner, signal?: AbortSignal) => of.ask('propose', { snapshot, twin_id: twin.id, active }, signal);

  before(async () => {
    bench = await openBench();
    twin = await bench.twin();
    await fillLedger(bench.database.db, twin, 20_000, MODULES);
    snapshot = await createSnapshot(bench.database.db, TENANT);
    learner = createLearner(bench.url);
    propose = (signal) => ask(learner, signal);
  });
  after(async () => {
    await learner.close();
    await bench.close();
  });

  /** What runs while no question can read the regression cases, as each proposal does first. */
  async function whileReadsWait(work: (held: () => Promise<unknown>) => Promise<void>): Promise<void> {
    const holder = postgres(bench.url, { max: 1 });
    const waits = () =>
      bench.database.db.execute(
        sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
    try {
      await holder.begin(async (tx) => {
        await tx`lock table regression_cases in access exclusive mode`;
        await work(() => eventually('a read that waits', async () => (await waits()).length > 0));
      });
    } finally {
      await holder.end();
    }
  }

  it('answers as the same functions here do, and computes nothing on the thread that asks', async () => {
    const { exp } = Math;
    let computed = 0;
    Math.exp = (x) => {
      computed += 1;
      return exp(x);
    };
    try {
      const found = await propose();
      assert.equal(computed, 0);
      assert.ok(found.operations.length > 0);
      const here = await createQuestions(bench.database).propose({ snapshot, twin_id: twin.id, active });
      assert.deepEqual(structuredClone(here), found);
      assert.ok(computed > 1_000, 'each thread has a Math of its own, and a fit needs it');
    } finally {
      Math.exp = exp;
    }
  });

  it('gives up what nobody waits for any more, and answers the rest in order', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const order: string[] = [];
    let last: Promise<unknown>[] = [];
    await whileReadsWait(async (held) => {
      const underWay = propose(first.signal);
      const waiting = propose(second.signal);
      last = ['a', 'b'].map((name) => propose().then(() => order.push(name)));
      await held();
      second.abort(new Error('the second is not wanted'));
      await assert.rejects(waiting, /the second is not wanted/);
      first.abort(new Error('the first is not wanted'));
      await assert.rejects(underWay, /the first is not wanted/);
      await assert.rejects(propose(AbortSignal.abort(new Error('never asked'))), /never asked/);
    });
    await Promise.all(last);
    assert.deepEqual(order, ['a', 'b']);
  });

  it("answers another tenant's question while one is under way, and a tenant's own one after the other", async () => {
    const theirs = await bench.twin({ tenant: 'theirs' });
    const preview = (of: TwinRef) => learner.ask('previewRaterRemoval', { twin: of, rater_id: 'nobody' });
    const order: string[] = [];
    let all: Promise<unknown>[] = [];
    await whileReadsWait(async (held) => {
      all = [propose().then(() => order.push('first')), preview(twin).then(() => order.push('second'))];
      await held();
      await preview(theirs);
      assert.deepEqual(order, []);
    });
    await Promise.all(all);
    assert.deepEqual(order, ['first', 'second']);
  });

  it("does not put a tenant's question behind all that another has asked before", async () => {
    const order: string[] = [];
    const twins = [twin, await bench.twin({ tenant: 'theirs' })];
    let all: Promise<unknown>[] = [];
    await whileReadsWait(async (held) => {
      // Both threads are held, by two owners that are neither of those that wait.
      const holding = ['x', 'y'].map(async () => {
        const other = await bench.twin();
        return learner.ask('gate', {
          tenant_id: unique('holder'),
          twin_id: other.id,
          active,
          candidate: active,
          manifest: [],
          relearned: [],
          parent: { version: '1.0.0', hash: '' },
          regression: true,
        });
      });
      await held();
      const asked = [0, 0, 0, 0, 1].map(async (of) => {
        await learner.ask('previewRaterRemoval', { twin: twins[of]!, rater_id: 'nobody' });
        order.push(twins[of]!.tenant_id);
      });
      all = [...holding, ...asked];
    });
    await Promise.all(all);
    assert.ok(order.indexOf('theirs') < 3, order.join(' '));
  });

  it('says when its thread died, and starts another for the next question', async () => {
    const small = createLearner(bench.url, { maxOldGenerationSizeMb: 40 });
    try {
      const died = { name: 'LearnerStopped', message: "the learner's thread stopped (ERR_WORKER_OUT_OF_MEMORY)" };
      const both = await Promise.allSettled([
        ask(small),
        small.ask('previewRaterRemoval', { twin, rater_id: 'nobody' }),
      ]);
      assert.deepEqual(
        both.map((one) => (one.status === 'fulfilled' ? one.value : { ...died, message: String(one.reason.message) })),
        [died, { retracted: 0, pending_events: 0, no_longer_proposed: [] }],
      );
    } finally {
      await small.close();
    }
  });

  it("hands over an error's name and code, and nothing of a query's values", async () => {
    const spec = (await readActiveSpec(bench.database.db, twin.id)) ?? assert.fail();
    const constitution = ['\ud800 alone'];
    const broken = { ...spec, spec: { ...spec.spec, constitution } };
    await assert.rejects(learner.ask('gateSpec', { active: spec, candidate: broken }), named('TypeError'));

    const missing = { ...twin, id: 'a\u0000b' };
    await assert.rejects(learner.ask('previewRaterRemoval', { twin: missing, rater_id: 'secret' }), (error: Error) => {
      assert.deepEqual([error.name, error.message], ['PostgresError', 'a query failed with code 22021']);
      assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /secret|select/i);
      return true;
    });

    const nowhere = createLearner('postgres://nobody@127.0.0.1:1/nothing');
    await assert.rejects(ask(nowhere), isConnectionError);
    await nowhere.close();
  });

  it('rejects all that is asked of it when it is closed', async () => {
    const closing = createLearner(bench.url);
    await whileReadsWait(async (held) => {
      const asked = [ask(closing), ask(closing)].map((one) => assert.rejects(one, named('LearnerStopped')));
      await held();
      await closing.close();
      await Promise.all(asked);
    });
    await assert.rejects(ask(closing), named('LearnerStopped'));
  });

  it('does not keep a process alive', async () => {
    const script = `
      import { createLearner } from './src/learner/learner.ts';
      const learner = createLearner(${JSON.stringify(bench.url)});
      const twin = ${JSON.stringify(twin)};
      console.log(await learner.ask('previewRaterRemoval', { twin, rater_id: 'nobody' }));`;
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type', 'module', '-e', script], {
      cwd: ROOT,
      timeout: 30_000,
    });
    assert.match((await run).stdout, /retracted: 0/);
  });
});
