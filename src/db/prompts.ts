import { eq, sql, type SQL } from 'drizzle-orm';
import type { Channel, Intent } from '../persona/intents.ts';
import type { Database, Reader } from './client.ts';
import { twinState } from './schema/twins.ts';
import type { TwinRef } from './twin-ref.ts';
import type { InteractionContext } from './vocabulary.ts';

/** What made an answer: a vote on the trace is attributed by it, whatever its sender says. */
export interface PromptTrace {
  readonly trace_id: string;
  readonly spec_version: string;
  readonly content_hash: string;
  readonly intent_label: Intent;
  readonly channel: Channel;
  readonly interaction_context: InteractionContext;
  readonly modules: readonly { readonly id: string; readonly hash: string }[];
  readonly query: string | null;
}

/** Records the prompt of a trace; a later one of the same trace takes its place. False when the twin is gone. */
export async function recordPrompt(db: Pick<Database, 'execute'>, ref: TwinRef, trace: PromptTrace): Promise<boolean> {
  const { trace_id, spec_version, content_hash, intent_label, channel, interaction_context, query } = trace;
  // The shared lock on the twin's row: either the deletion sees this trace and purges it, or this sees the deletion.
  const rows = await db.execute(sql`
    insert into prompt_traces (twin_id, trace_id, tenant_id, spec_version, content_hash, intent_label, channel,
      interaction_context, modules, query)
    select t.id, ${trace_id}, t.tenant_id, ${spec_version}, ${content_hash}, ${intent_label}, ${channel},
      ${interaction_context}, ${JSON.stringify(trace.modules)}::jsonb, ${query}
    from twins t where t.id = ${ref.id} and t.tenant_id = ${ref.tenant_id} and t.deleted_at is null for share
    on conflict (twin_id, trace_id) do update set spec_version = excluded.spec_version,
      content_hash = excluded.content_hash, intent_label = excluded.intent_label, channel = excluded.channel,
      interaction_context = excluded.interaction_context, modules = excluded.modules, query = excluded.query,
      created_at = clock_timestamp()
    returning 1`);
  return rows.length === 1;
}

/** A twin's own share of prompts for drafts on trial; null inherits. */
export async function readTrialShare(db: Reader, twinId: string): Promise<number | null> {
  const [row] = await db
    .select({ trial_share: twinState.trial_share })
    .from(twinState)
    .where(eq(twinState.twin_id, twinId));
  return row?.trial_share ?? null;
}

export interface TraceWanted {
  readonly tenant_id: string;
  readonly trace_id: string;
}

/** The recorded prompt of each trace that has one. `traces` is a relation with `twin_id` and `trace_id`. */
export const tracesSql = (traces: SQL): SQL => sql`
  select p.twin_id, p.trace_id, p.spec_version, p.content_hash, p.intent_label, p.channel, p.interaction_context,
    p.modules, p.query
  from ${traces} w join prompt_traces p on p.twin_id = w.twin_id and p.trace_id = w.trace_id`;

/** The twin whose prompt was recorded under each trace, the newest if there are several; undefined where none was. */
export async function readTwinsOfTraces(db: Reader, wanted: readonly TraceWanted[]): Promise<(string | undefined)[]> {
  if (wanted.length === 0) return [];
  const numbered = wanted.map(({ tenant_id, trace_id }, n) => ({ n, tenant_id, trace_id }));
  const rows = await db.execute<{ n: number; twin_id: string }>(sql`
    select w.n, p.twin_id from json_to_recordset(${JSON.stringify(numbered)}::json) as w(n int, tenant_id text, trace_id text)
    join lateral (
      select p.twin_id from prompt_traces p join twins t on t.id = p.twin_id and t.deleted_at is null
      where p.tenant_id = w.tenant_id and p.trace_id = w.trace_id order by p.created_at desc limit 1
    ) p on true`);
  const found = new Map(rows.map(({ n, twin_id }) => [n, twin_id]));
  return wanted.map((_, n) => found.get(n));
}
