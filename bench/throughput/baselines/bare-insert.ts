/** The bare route: one insert of what the vote says, by a prepared statement; no API keys, no lock, no watermark, nothing to wake. */
import postgres from 'postgres';
import { serveBaseline } from './serve-baseline.ts';

await serveBaseline(async ({ databaseUrl }) => {
  const sql = postgres(databaseUrl, { max: 20 });
  return async (vote) => {
    await sql`
      insert into votes (twin_id, tenant_id, event_id, source, event_type, trace_id, message_id, rater_id, score,
        reason, comment, interaction_context, intent_label, channel, modules, occurred_at)
      values (${vote.twin_id}, 'bench', ${vote.event_id}, 'feedback', ${vote.score === 1 ? 'thumb_up' : 'thumb_down'},
        ${vote.trace_id}, '', ${vote.rater_id}, ${vote.score}, ${vote.reason ?? null}, ${vote.comment ?? null},
        'owner_chat', ${vote.intent_label}, 'owner', ${sql.json([...vote.module_ids])}, ${new Date()})`;
  };
});
