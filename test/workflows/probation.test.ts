import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { readLearning } from '../../src/commands/learning-view.ts';
import { changePolicy } from '../../src/commands/policy.ts';
import { approveSpec } from '../../src/commands/publish-spec.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import type { NewVote } from '../../src/commands/vote.ts';
import { runSweep } from '../../src/control/sweep.ts';
import { tenants } from '../../src/db/schema/tenancy.ts';
import { twins, twinState } from '../../src/db/schema/twins.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { holdCandidate } from '../support/candidate.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';

const TENANT = 't';
const COOLDOWN = 30;

describe('probation in the workflow of a twin', () => {
  let system: TestSystem;
  before(async () => {
    system = await startSystem();
    await system.database.db.insert(tenants).values({ id: TENANT, name: 'x' });
    await system.startWorker();
  });
  after(() => system.stop());

  const refOf = (id: string) => ({ id, tenant_id: TENANT });
  const view = async (id: string) => (await readLearning(system.database, id, system.defaults))!;
  const module = starterPersona.procedural_modules.find(({ pinned, status }) => !pinned && status === 'active')!;

  const cast = (id: string, version: string, count: number, good: (i: number) => boolean) =>
    recordVotes(
      system.database,
      Array.from({ length: count }, (_, i): NewVote => ({
        tenant_id: TENANT,
        twin_id: id,
        trace_id: `${version}-${i}`,
        message_id: '',
        rater_id: `r${i}`,
        event_id: null,
        score: good(i) ? 1 : -1,
        reason: null,
        comment: null,
        query: null,
        answer: null,
        conversation_id: null,
        intent_label: 'factual_with_evidence',
        interaction_context: 'owner_chat',
        channel: 'owner',
        spec_version: version,
        modules: [{ id: module.id, hash: moduleHash(module) }],
        occurred_at: null,
        source: 'feedback',
      })),
      system.defaults,
    );

  /** A twin in its cooldown, whose learned 1.0.1 was just approved after 100 votes on 1.0.0. */
  async function watched(good: (i: number) => boolean): Promise<string> {
    const id = freshId('probation');
    const { db } = system.database;
    await db.insert(twins).values({ id, tenant_id: TENANT, name: 'Mara' });
    await db.insert(twinState).values({ twin_id: id, tenant_id: TENANT, min_events: 1_000 });
    await createSpec(system.database, refOf(id), 'key:owner', { spec: starterPersona });
    await cast(id, '1.0.0', 100, good);
    const held = await holdCandidate(system.database, id);
    const approved = await approveSpec(system.database, refOf(id), held.version, 'key:owner', {});
    assert.equal(approved.status, 'published');
    return id;
  }

  it('rolls back for votes that come during a cooldown', async () => {
    const id = await watched((i) => i % 5 > 0);
    await system.database.db.execute(
      sql`update twin_state set cooldown_until = now() + interval '30 minutes' where twin_id = ${id}`,
    );
    await system.control.poke(refOf(id), 'stateChanged');
    const handle = system.client.workflow.getHandle(`twin-${id}`);
    await eventually('the wait of the cooldown', async () => {
      const { phase, until } = await handle.query<{ phase: string; until: string | null }>('learningState');
      return phase === 'waiting' && until !== null;
    });
    const results = await cast(id, '1.0.1', 40, (i) => i % 5 === 0);
    assert.ok(results.every((result) => result.status === 'stored' && result.watched && !result.wake));
    await system.control.poke(refOf(id), 'feedbackCaptured');
    await eventually('a rollback', async () => (await view(id)).active_version === '1.0.2');
    assert.equal((await view(id)).vetoes.length, 1);
  });

  it('holds what is learned meanwhile, and learns anew when it is over', async () => {
    // Mostly thumbs down on a module: that gives a candidate; as bad on both versions: nothing is rolled back.
    const id = await watched((i) => i % 6 === 0);
    const policy = { auto_publish: true, cooldown_minutes: 0 };
    await changePolicy(system.database, refOf(id), 'key:owner', policy, system.defaults);
    const answer = await system.control.requestRun(refOf(id), {
      request_id: freshId('request'),
      force: true,
      actor: 'key:owner',
    });
    assert.ok(answer.enqueued, JSON.stringify(answer));
    const held = await eventually('a run that ended', async () => {
      const learning = await view(id);
      return learning.last_run?.completed_at != null && learning.job === null && learning;
    });
    assert.deepEqual(
      [held.last_run?.publish_decision, held.last_run?.reason, held.active_version, held.state],
      ['held', 'probation_active', '1.0.1', 'held'],
      JSON.stringify(held),
    );
    assert.match(held.message, /was on probation/);

    const { db } = system.database;
    await db.execute(sql`update twin_state set probation_until = now() where twin_id = ${id}`);
    const swept = await runSweep(
      { db, control: system.control, defaultMinEvents: COOLDOWN },
      { minEvents: 5, limitTwins: 50 },
    );
    assert.deepEqual(swept.decisions, [{ twin_id: id, enqueued: true, reason: 'probation_over' }]);
    const after = await eventually('another run that published', async () => {
      const learning = await view(id);
      return learning.last_run?.publish_decision === 'published' && learning.job === null && learning;
    });
    assert.notEqual(after.last_run?.id, held.last_run?.id);
    assert.notEqual(after.active_version, '1.0.1');
    const [job] = await db.execute<{ reason: string; forced: boolean }>(sql`
      select metadata ->> 'reason' as reason, (metadata ->> 'forced')::boolean as forced
      from jobs where id = ${after.last_run!.job_id}`);
    assert.deepEqual({ ...job }, { reason: 'probation_ended', forced: true });
  });
});
