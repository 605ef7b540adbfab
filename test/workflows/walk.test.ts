import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { readLearning } from '../../src/commands/learning-view.ts';
import { recordVotes, type NewVote } from '../../src/commands/record-votes.ts';
import { tenants } from '../../src/db/schema/tenancy.ts';
import { twins, twinState } from '../../src/db/schema/twins.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { eventually, freshId, startSystem, type TestSystem } from '../support/system.ts';

describe('walk', function () {
  let system: TestSystem;
  const id = freshId('walk');
  before(async () => {
    system = await startSystem();
    await system.startWorker();
    const { db } = system.database;
    await db.insert(tenants).values({ id: 't', name: 't' });
    await db.insert(twins).values({ id, tenant_id: 't', name: 'x' });
    await db.insert(twinState).values({ twin_id: id, tenant_id: 't' });
    await createSpec(system.database, { id, tenant_id: 't' }, 'key:x', { spec: starterPersona });
  });
  after(() => system.stop());
  it('goes', async () => {
    const m = starterPersona.procedural_modules.find((x) => !x.pinned && x.status === 'active')!;
    const votes = Array.from({ length: 60 }, (_, i): NewVote => ({
      tenant_id: 't', twin_id: id, trace_id: `tr-${i}`, message_id: '', rater_id: `r${i % 20}`, event_id: null,
      score: i % 6 === 0 ? 1 : -1, reason: null, comment: null, query: null, answer: null, conversation_id: null,
      intent_label: 'factual_with_evidence', interaction_context: 'owner_chat', channel: 'owner', spec_version: '1.0.0',
      modules: [{ id: m.id, hash: moduleHash(m) }], occurred_at: null, source: 'feedback',
    }));
    const results = await recordVotes(system.database, votes, system.defaults);
    console.log(results[0], results[59]);
    await system.control.poke({ id, tenant_id: 't' }, 'feedbackCaptured', 'feedback_event');
    const view = await eventually('a finished run', async () => {
      const v = await readLearning(system.database, id, system.defaults);
      return v?.last_run?.completed_at ? v : undefined;
    });
    console.log(JSON.stringify(view, null, 1));
    console.log(await system.database.db.execute(sql`select message, metadata from job_logs order by id`));
    assert.ok(view);
  });
});
