import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';

const TWINS = 20_000;
const TENANTS = 200;

/** Twins and votes of other tenants, as many as a large installation has. */
export const BULK = { twins: TWINS, votes: 50 * TWINS, prompts: 10 * TWINS } as const;

/**
 * Fills a database with a million votes of 20,000 twins, with their specs, jobs, runs and prompts, and tells the planner.
 * Past the commands and their foreign keys, which would take minutes for it. Every second one is tenant bulk-1's.
 * Of each ten twins one has votes that wait.
 */
export async function fillDatabase(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local session_replication_role = replica`);
    await tx.execute(sql`set local synchronous_commit = off`);
    await tx.execute(
      sql`insert into tenants (id, name) select 'bulk-' || n, 'n' from generate_series(1, ${TENANTS}) n`,
    );
    const twins = sql`(select 'bulk-' || lpad(n::text, 5, '0') as id, case n % 2 when 0 then 'bulk-1' else 'bulk-' || n % ${TENANTS} + 1 end as tenant, n, now() - n * interval '1 minute' as at
      from generate_series(1, ${TWINS}) n) t`;
    await tx.execute(sql`insert into twins (id, tenant_id, name, created_at) select id, tenant, 'n', at from ${twins}`);
    await tx.execute(sql`
      insert into twin_state (twin_id, tenant_id, last_seq, claimed_seq, pending_events, oldest_pending_at, active_version,
        oldest_text_at, oldest_vote_at)
      select id, tenant, 50, case when n % 10 = 0 then 48 else 50 end, case when n % 10 = 0 then 2 else 0 end,
        case when n % 10 = 0 then at end, '1.0.0', at, at from ${twins}`);
    await tx.execute(sql`
      insert into persona_specs (twin_id, version, status, origin, spec, content_hash, created_by, published_at)
      select id, '1.0.0', 'active', 'owner', '{"procedural_modules": []}', 'h', 'key:owner', at from ${twins}`);
    await tx.execute(sql`
      insert into jobs (id, twin_id, tenant_id, job_type, status, step, metadata, created_at, updated_at)
      select md5('job' || id)::uuid, id, tenant, 'feedback_learning', 'complete', 'done', '{}', at, at from ${twins}`);
    await tx.execute(sql`
      insert into persona_feedback_learning_runs (id, twin_id, tenant_id, job_id, status, publish_decision, from_seq, to_seq,
        created_at)
      select md5('run' || id)::uuid, id, tenant, md5('job' || id)::uuid, 'completed', 'no_candidate', 0,
        case when n % 10 = 0 then 48 else 50 end, at from ${twins}`);
    await tx.execute(sql`
      insert into prompt_traces (twin_id, trace_id, tenant_id, spec_version, content_hash, intent_label, channel,
        interaction_context, modules, query, created_at)
      select id, 'trace-' || n || '-' || i, tenant, '1.0.0', 'h', 'summary', 'owner', 'owner_chat', '[]', 'a question', at
      from ${twins}, generate_series(1, ${BULK.prompts / TWINS}) i`);
    await tx.execute(sql`
      insert into llm_answers (twin_id, tenant_id, content_hash, answer, created_at) select id, tenant, 'h', 'a', at from ${twins}`);
    // Indexes that are made in one go, and of sorted rows, take a third of the time.
    const indexes = await tx.execute<{ name: string; definition: string }>(sql`
      select indexname as name, indexdef as definition from pg_indexes
      where tablename = 'persona_training_events' and indexname not like '%_pk'`);
    for (const { name } of indexes) await tx.execute(sql`drop index ${sql.identifier(name)}`);
    await tx.execute(sql`
      insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id, rater_id,
        vote_key, score, body_hash, interaction_context, intent_label, channel, modules, occurred_at, created_at, comment)
      select id, tenant, i, 'event-' || lpad(i::text, 2, '0'), 'feedback', 'thumb_up', 'trace-' || i, 'rater', 'key-' || lpad(i::text, 2, '0'), 1, 'b',
        'owner_chat', 'summary', 'owner', '[]', at, at, 'a comment'
      from ${twins}, generate_series(1, ${BULK.votes / TWINS}) i`);
    for (const { definition } of indexes) await tx.execute(sql.raw(definition));
  });
  await db.execute(sql`analyze`);
}
