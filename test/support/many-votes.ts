import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';

/**
 * Fills the empty ledger of a twin with `count` votes of 300 raters on 300 different makeups of answers, each of three of
 * `modules`, a hash each; what has the first one is disliked. Past the commands, which would take minutes for it.
 */
export async function fillLedger(
  db: Database,
  { id, tenant_id }: TwinRef,
  count: number,
  modules: readonly { readonly id: string; readonly hash: string }[],
): Promise<void> {
  const names = JSON.stringify(modules);
  await db.execute(sql`
    insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id, rater_id,
      vote_key, score, body_hash, interaction_context, intent_label, channel, modules, occurred_at)
    select ${id}, ${tenant_id}, i, 'many-' || i, 'feedback', case when s = 1 then 'thumb_up' else 'thumb_down' end,
      'trace-' || i, 'rater-' || i % 300, 'key-' || i, s, 'body', 'owner_chat', 'factual_with_evidence', 'owner',
      jsonb_build_array(m -> a, m -> b, m -> c), now() - i % 60 * interval '1 day'
    from (select i, m, a, b, c, case when a = 0 or b = 0 or c = 0 or i % 11 = 0 then -1 else 1 end as s
      from generate_series(1, ${count}::int) i, cast(${names}::text as jsonb) m,
        lateral (select i % jsonb_array_length(m) as a, (i / 7) % jsonb_array_length(m) as b,
          (i / 31) % jsonb_array_length(m) as c) picked) rows`);
  await db.execute(sql`update twin_state set last_seq = ${count} where twin_id = ${id}`);
}
